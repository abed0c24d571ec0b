/* SPDX-License-Identifier: Apache-2.0 */
/* chatctl channel ..., announce */
#include "base/text.h"
#include "core/admin_local.h"
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
    {"channel", "grant", grant_rights, "NAME ACCOUNT rwx [--room N]", 3, 3, W, "let an account read (r), write (w), administrate (x)", NULL},
    {"channel", "revoke", revoke_rights, "NAME ACCOUNT rwx [--room N]", 3, 3, W, "revoke such rights", NULL},
    {"announce", NULL, announce, "TEXT... [--room N]", 1, -1, W, "send a message to everyone in a chatroom", NULL},
    {NULL, NULL, NULL, NULL, 0, 0, CHATCTL_NONE, NULL, NULL},
};
/* clang-format on */
