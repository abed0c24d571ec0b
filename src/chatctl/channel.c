/* SPDX-License-Identifier: Apache-2.0 */
/* chatctl channel ..., message delete, announce */
#include "base/bounds.h"
#include "base/text.h"
#include "core/admin_local.h"
#include "core/channel_acts.h"
#include "print.h"
#include "site.h"

#include <apr_strings.h>
#include <string.h>

static const char letters[] = "rwx";

static int add(chatctl_site_t *s)
{
    const chat_admin_channel_t wanted = {.name = chatctl_arg(s, 0),
                                         .description = s->ctl->description,
                                         .creator = s->ctl->creator,
                                         .public = !s->ctl->private};
    chat_channel_t ch = {0};
    int rc = chatctl_result(s, chat_admin_channel_add(&ch, &s->call, &wanted));
    const chatctl_member_t members[] = {
        {"id", NULL, ch.id}, {"name", ch.name, 0}, {NULL, NULL, 0}};
    return rc ? rc
              : chatctl_say(s->ctl, members,
                            "channel %s created, number %" APR_INT64_T_FMT, ch.name,
                            ch.id);
}

static int list(chatctl_site_t *s)
{
    static const chatctl_column_t columns[] = {
        {"ID", "id", CHATCTL_NUMBER},
        {"UUID", "uuid", CHATCTL_TEXT},
        {"NAME", "name", CHATCTL_TEXT},
        {"PUBLIC", "public", CHATCTL_BOOL},
        {"CREATOR", "creator", CHATCTL_TEXT},
        {"DESCRIPTION", "description", CHATCTL_TEXT},
        {NULL, NULL, CHATCTL_TEXT},
    };
    chatctl_table_t t;
    chat_channels_t channels;
    int rc = chatctl_result(s, chat_admin_channel_list(&channels, &s->call));
    chatctl_table_begin(&t, s->ctl, columns);
    for (int i = 0; !rc && i < channels.n; i++) {
        const chat_channel_t *ch = &channels.list[i];
        chatctl_table_row(&t, ch->id, ch->uuid, ch->name, (int)ch->public, ch->creator,
                          ch->description);
    }
    return rc ? rc : chatctl_table_print(&t);
}

static int delete_channel(chatctl_site_t *s)
{
    int rc = chatctl_result(s, chat_admin_channel_delete(&s->call, chatctl_arg(s, 0)));
    return rc ? rc : chatctl_say(s->ctl, NULL, "channel %s deleted", chatctl_arg(s, 0));
}

/* GIVEN is FIELD=VALUE. */
static int read_change(chat_channel_change_t *to, chatctl_site_t *s, const char *given)
{
    const char *value = strchr(given, '=');
    apr_size_t len = value ? (apr_size_t)(value - given) : 0;
    apr_int64_t n;
    if (!value || !chat_text_valid(value + 1, strlen(value + 1)))
        return chatctl_misused(s->ctl, "'%s' is not FIELD=VALUE", given);
    value++;
    if (len == 4 && !strncmp(given, "name", len))
        to->name = value;
    else if (len == 11 && !strncmp(given, "description", len) &&
             strlen(value) <= CHAT_REASON_BYTES)
        to->description = value;
    else if (!strcmp(given, "public=yes") || !strcmp(given, "public=no"))
        to->public = *value == 'y';
    else if (len == 4 && !strncmp(given, "slow", len) && chat_text_int64(&n, value) &&
             n >= 0 && n <= CHAT_SLOW_SECONDS)
        to->slow = (int)n;
    else
        return chatctl_misused(
            s->ctl,
            "'%s' is not one of name=NAME, description=TEXT, public=yes, "
            "public=no, slow=SECONDS (0 to %d)",
            given, CHAT_SLOW_SECONDS);
    return 0;
}

static int set(chatctl_site_t *s)
{
    chat_channel_change_t to = {.public = -1, .slow = -1};
    chat_act_t a = {.call = &s->call, .channel_name = chatctl_arg(s, 0)};
    int rc = 0;
    for (int i = 1; !rc && i < s->ctl->args->nelts; i++)
        rc = read_change(&to, s, chatctl_arg(s, i));
    if (!rc)
        rc = chatctl_result(s, chat_channel_change(&a, &to));
    return rc ? rc : chatctl_say(s->ctl, NULL, "channel %s changed", a.channel.name);
}

static int remove_member(chatctl_site_t *s)
{
    chat_act_t a = {.call = &s->call, .reason = s->ctl->reason};
    int rc;
    a.channel_name = chatctl_arg(s, 0);
    a.username = chatctl_arg(s, 1);
    rc = chatctl_result(s, chat_channel_remove(&a));
    return rc ? rc
              : chatctl_say(s->ctl, NULL, "account %s removed from %s", a.target.name,
                            a.channel.name);
}

static int delete_message(chatctl_site_t *s)
{
    chat_act_t a = {.call = &s->call, .reason = s->ctl->reason};
    apr_int64_t number;
    int rc;
    if (!chat_text_int64(&number, chatctl_arg(s, 0)))
        return chatctl_misused(s->ctl, "'%s' is not a number of a message",
                               chatctl_arg(s, 0));
    rc = chatctl_result(s, chat_message_delete(&a, number));
    return rc ? rc : chatctl_say(s->ctl, NULL, "message %s deleted", chatctl_arg(s, 0));
}

/* Letters of "rwx" as rights; 0 when there is another one. */
static int read_rights(const char *text)
{
    int rights = 0;
    for (; *text; text++) {
        const char *at = strchr(letters, *text);
        if (!at)
            return 0;
        rights |= 1 << (at - letters);
    }
    return rights;
}

static int change_rights(chatctl_site_t *s, int grant)
{
    const char *name = chatctl_arg(s, 0), *account = chatctl_arg(s, 1);
    int rights = read_rights(chatctl_arg(s, 2)), now, rc;
    char text[] = "---";
    if (!rights)
        return chatctl_misused(s->ctl, "rights must be a combination of r, w and x");
    rc = chatctl_result(
        s, chat_admin_channel_rights(&now, &s->call, name, account, rights, grant));
    for (int i = 0; !rc && letters[i]; i++)
        if (now & 1 << i)
            text[i] = letters[i];
    return rc ? rc : chatctl_say(s->ctl, NULL, "%s has %s in %s", account, text, name);
}

static int grant_rights(chatctl_site_t *s)
{
    return change_rights(s, 1);
}

static int revoke_rights(chatctl_site_t *s)
{
    return change_rights(s, 0);
}

/* Several words are one text. */
static int announce(chatctl_site_t *s)
{
    chat_message_t m;
    chat_text_t text;
    int rc;
    text.text = apr_array_pstrcat(s->ctl->pool, s->ctl->args, ' ');
    text.len = strlen(text.text);
    if (!chat_text_valid(text.text, text.len))
        return chatctl_fail("the text is not UTF-8");
    rc = chatctl_result(
        s, chat_message_announce(&m, &s->call, s->ctl->room, "system", &text));
    if (!rc) {
        const chatctl_member_t members[] = {{"message_id", NULL, CHAT_ROW_NUMBER(m.id)},
                                            {NULL, NULL, 0}};
        chatctl_say(s->ctl, members, "announced as message %" APR_INT64_T_FMT,
                    members->number);
    }
    return rc;
}

#define W CHATCTL_WRITES

/* clang-format off */
const chatctl_command_t chatctl_channel_commands[] = {
    {"channel", "add", add, "NAME [--room N] [--description TEXT] [--private] [--creator ACCOUNT]", 1, 1, W,
     "create a channel, public unless --private",
     "  --creator  an account that joins it and has all rights in it\n"},
    {"channel", "list", list, "[--room N]", 0, 0, CHATCTL_READS, "list the channels", NULL},
    {"channel", "delete", delete_channel, "NAME [--room N]", 1, 1, W, "delete a channel", NULL},
    {"channel", "set", set, "NAME FIELD=VALUE... [--room N]", 2, -1, W, "change a channel",
     "  name         a new name\n"
     "  description  its topic; empty clears it\n"
     "  public       yes or no\n"
     "  slow         seconds between two messages of an account, 0 to 21600\n"},
    {"channel", "remove", remove_member, "NAME ACCOUNT [--reason TEXT] [--room N]", 2, 2, W, "remove an account from a channel", NULL},
    {"channel", "grant", grant_rights, "NAME ACCOUNT rwx [--room N]", 3, 3, W, "let an account read (r), write (w), administrate (x)", NULL},
    {"channel", "revoke", revoke_rights, "NAME ACCOUNT rwx [--room N]", 3, 3, W, "revoke such rights", NULL},
    {"message", "delete", delete_message, "ID [--reason TEXT] [--room N]", 1, 1, W, "delete a message of a channel", NULL},
    {"announce", NULL, announce, "TEXT... [--room N]", 1, -1, W, "send a message to everyone in a chatroom", NULL},
    {NULL, NULL, NULL, NULL, 0, 0, CHATCTL_NONE, NULL, NULL},
};
/* clang-format on */
