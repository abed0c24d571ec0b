/* SPDX-License-Identifier: Apache-2.0 */
/* chatctl room ..., channel ..., announce, discord ... */
#include "base/text.h"
#include "core/admin_local.h"
#include "site.h"

#include <apr_strings.h>
#include <string.h>

#define LIST_PAGE 500

static const char *arg(const apr_array_header_t *args, int i)
{
    return APR_ARRAY_IDX(args, i, const char *);
}

#define ROOM_OPTION(room)              \
    {                                  \
        "--room", CHATCTL_NUMBER, room \
    }
#define NO_OPTION                \
    {                            \
        NULL, CHATCTL_FLAG, NULL \
    }

static const chatctl_column_t room_columns[] = {
    {"ID", "id", 1},
    {"UUID", "uuid", 0},
    {"NAME", "name", 0},
    {"OWNER", "owner", 0},
    {"ACCOUNTS", "accounts", 1},
    {"CHANNELS", "channels", 1},
    {"CREATED", "created_at", 0},
    {NULL, NULL, 0},
};

static void add_room_row(chatctl_table_t *t, const chat_admin_room_t *r)
{
    chatctl_table_int(t, r->room.id);
    chatctl_table_add(t, r->room.uuid);
    chatctl_table_add(t, r->room.name);
    chatctl_table_add(t, r->owner);
    chatctl_table_int(t, r->counts.accounts);
    chatctl_table_int(t, r->counts.channels);
    chatctl_table_time(t, r->room.created);
}

static void show_room(chatctl_t *ctl, const chat_admin_room_t *room)
{
    chatctl_table_t t;
    chatctl_table_begin(&t, ctl, room_columns);
    add_room_row(&t, room);
    chatctl_table_show(&t);
}

static int room_add(chatctl_t *ctl)
{
    chatctl_site_t s;
    apr_array_header_t *args;
    chat_admin_room_t room;
    long number;
    const chatctl_option_t options[] = {ROOM_OPTION(&number), NO_OPTION};
    int rc = chatctl_site_begin(&s, ctl, options, &args, 1);
    if (!rc)
        rc = chatctl_result(&s, chat_admin_room_add(&room, &s.call, arg(args, 0)));
    if (!rc)
        show_room(ctl, &room);
    return rc;
}

static int room_list(chatctl_t *ctl)
{
    chatctl_site_t s;
    chatctl_table_t t;
    apr_array_header_t *args;
    chat_admin_room_t *rooms;
    apr_int64_t after = 0;
    long number;
    int n = LIST_PAGE;
    const chatctl_option_t options[] = {ROOM_OPTION(&number), NO_OPTION};
    int rc = chatctl_site_begin(&s, ctl, options, &args, 0);
    chatctl_table_begin(&t, ctl, room_columns);
    while (!rc && n == LIST_PAGE) {
        rc = chatctl_result(&s,
                            chat_admin_room_list(&rooms, &n, &s.call, after, LIST_PAGE));
        for (int i = 0; !rc && i < n; i++) {
            add_room_row(&t, &rooms[i]);
            after = rooms[i].room.id;
        }
    }
    if (!rc)
        chatctl_table_print(&t);
    return rc;
}

/* `room show [N]`: the number may stand alone, too. */
static int room_show(chatctl_t *ctl)
{
    chatctl_site_t s;
    apr_array_header_t *args;
    chat_admin_room_t room;
    long number = 1;
    apr_int64_t wanted;
    const chatctl_option_t options[] = {ROOM_OPTION(&number), NO_OPTION};
    int rc = chatctl_arguments(ctl, options, &args);
    if (rc)
        return rc;
    wanted = number;
    if (args->nelts > 1 || (args->nelts && !chat_text_int64(&wanted, arg(args, 0))))
        return chatctl_misused(ctl, "the number of a chatroom is needed");
    rc = chatctl_site_open(&s, ctl, (long)wanted);
    if (!rc)
        rc = chatctl_result(&s, chat_admin_room_show(&room, &s.call));
    if (!rc)
        show_room(ctl, &room);
    return rc;
}

static int room_owner(chatctl_t *ctl)
{
    chatctl_site_t s;
    apr_array_header_t *args;
    long number;
    const chatctl_option_t options[] = {ROOM_OPTION(&number), NO_OPTION};
    int rc = chatctl_site_begin(&s, ctl, options, &args, 1);
    if (!rc)
        rc = chatctl_result(&s, chat_admin_room_owner(&s.call, arg(args, 0)));
    if (!rc)
        chatctl_say(ctl, "%s owns chatroom %ld", arg(args, 0), number);
    return rc;
}

static const chatctl_column_t channel_columns[] = {
    {"ID", "id", 1},         {"UUID", "uuid", 0},       {"NAME", "name", 0},
    {"PUBLIC", "public", 0}, {"CREATOR", "creator", 0}, {"DESCRIPTION", "description", 0},
    {NULL, NULL, 0},
};

static int channel_add(chatctl_t *ctl)
{
    chatctl_site_t s;
    apr_array_header_t *args;
    chat_admin_channel_t wanted = {.public = 1};
    chat_channel_t ch;
    long number;
    int private = 0;
    const chatctl_option_t options[] = {
        ROOM_OPTION(&number),
        {"--description", CHATCTL_TEXT, &wanted.description},
        {"--creator", CHATCTL_TEXT, &wanted.creator},
        {"--private", CHATCTL_FLAG, &private},
        NO_OPTION};
    int rc = chatctl_site_begin(&s, ctl, options, &args, 1);
    if (rc)
        return rc;
    wanted.name = arg(args, 0);
    wanted.public = !private;
    rc = chatctl_result(&s, chat_admin_channel_add(&ch, &s.call, &wanted));
    if (!rc) {
        const chatctl_member_t members[] = {
            {"id", NULL, ch.id}, {"name", ch.name, 0}, {NULL, NULL, 0}};
        chatctl_say_with(ctl, members, "channel %s made, number %" APR_INT64_T_FMT,
                         ch.name, ch.id);
    }
    return rc;
}

static int channel_list(chatctl_t *ctl)
{
    chatctl_site_t s;
    chatctl_table_t t;
    apr_array_header_t *args;
    chat_channels_t channels;
    long number;
    const chatctl_option_t options[] = {ROOM_OPTION(&number), NO_OPTION};
    int rc = chatctl_site_begin(&s, ctl, options, &args, 0);
    if (!rc)
        rc = chatctl_result(&s, chat_admin_channel_list(&channels, &s.call));
    if (rc)
        return rc;
    chatctl_table_begin(&t, ctl, channel_columns);
    for (int i = 0; i < channels.n; i++) {
        const chat_channel_t *ch = &channels.list[i];
        chatctl_table_int(&t, ch->id);
        chatctl_table_add(&t, ch->uuid);
        chatctl_table_add(&t, ch->name);
        chatctl_table_add(&t, ch->public ? "true" : "false");
        chatctl_table_add(&t, ch->creator);
        chatctl_table_add(&t, ch->description);
    }
    chatctl_table_print(&t);
    return 0;
}

static int channel_delete(chatctl_t *ctl)
{
    chatctl_site_t s;
    apr_array_header_t *args;
    long number;
    const chatctl_option_t options[] = {ROOM_OPTION(&number), NO_OPTION};
    int rc = chatctl_site_begin(&s, ctl, options, &args, 1);
    if (!rc)
        rc = chatctl_result(&s, chat_admin_channel_delete(&s.call, arg(args, 0)));
    if (!rc)
        chatctl_say(ctl, "channel %s deleted", arg(args, 0));
    return rc;
}

/* Letters of "rwx" as rights; 0 when there is another one. */
static int read_rights(const char *text)
{
    int rights = 0;
    for (; *text; text++) {
        const char *at = strchr("rwx", *text);
        if (!at)
            return 0;
        rights |= 1 << (at - "rwx");
    }
    return rights;
}

static int change_rights(chatctl_t *ctl, int grant)
{
    static const char letters[] = "rwx";
    chatctl_site_t s;
    apr_array_header_t *args;
    long number;
    int rights, now;
    const chatctl_option_t options[] = {ROOM_OPTION(&number), NO_OPTION};
    int rc = chatctl_site_begin(&s, ctl, options, &args, 3);
    if (rc)
        return rc;
    rights = read_rights(arg(args, 2));
    if (!rights)
        return chatctl_misused(ctl, "rights are letters of rwx");
    rc = chatctl_result(&s, chat_admin_channel_rights(&now, &s.call, arg(args, 0),
                                                      arg(args, 1), rights, grant));
    if (!rc)
        chatctl_say(ctl, "%s has %c%c%c in %s", arg(args, 1), now & 1 ? letters[0] : '-',
                    now & 2 ? letters[1] : '-', now & 4 ? letters[2] : '-', arg(args, 0));
    return rc;
}

static int channel_grant(chatctl_t *ctl)
{
    return change_rights(ctl, 1);
}

static int channel_revoke(chatctl_t *ctl)
{
    return change_rights(ctl, 0);
}

static int announce(chatctl_t *ctl)
{
    chatctl_site_t s;
    apr_array_header_t *args;
    chat_message_t m;
    chat_text_t text;
    long number;
    const chatctl_option_t options[] = {ROOM_OPTION(&number), NO_OPTION};
    int rc = chatctl_site_begin(&s, ctl, options, &args, 1);
    if (rc)
        return rc;
    text.text = arg(args, 0);
    text.len = strlen(text.text);
    if (!chat_text_valid(text.text, text.len))
        return chatctl_fail("the text is not UTF-8");
    rc = chatctl_result(&s, chat_message_announce(&m, &s.call, number, "system", &text));
    if (!rc) {
        const chatctl_member_t members[] = {{"message_id", NULL, CHAT_ROW_NUMBER(m.id)},
                                            {NULL, NULL, 0}};
        chatctl_say_with(ctl, members, "announced as message %" APR_INT64_T_FMT,
                         members->number);
    }
    return rc;
}

static int discord_link(chatctl_t *ctl)
{
    chatctl_site_t s;
    apr_array_header_t *args;
    chat_link_t link = {0};
    long number;
    const chatctl_option_t options[] = {
        ROOM_OPTION(&number), {"--person", CHATCTL_FLAG, &link.person}, NO_OPTION};
    int rc = chatctl_site_begin(&s, ctl, options, &args, 3);
    if (rc)
        return rc;
    link.name = arg(args, 1);
    link.discord_id = arg(args, 2);
    if (!*link.discord_id ||
        strspn(link.discord_id, "0123456789") != strlen(link.discord_id) ||
        strlen(link.discord_id) > 20)
        return chatctl_misused(ctl, "a Discord id is a number");
    rc = chatctl_result(&s, chat_admin_discord_link(&s.call, arg(args, 0), &link));
    if (!rc)
        chatctl_say(ctl, "%s may send to %s", arg(args, 0), link.name);
    return rc;
}

static int discord_unlink(chatctl_t *ctl)
{
    chatctl_site_t s;
    apr_array_header_t *args;
    long number;
    const chatctl_option_t options[] = {ROOM_OPTION(&number), NO_OPTION};
    int rc = chatctl_site_begin(&s, ctl, options, &args, 2);
    if (!rc)
        rc = chatctl_result(
            &s, chat_admin_discord_unlink(&s.call, arg(args, 0), arg(args, 1)));
    if (!rc)
        chatctl_say(ctl, "%s may no longer send to %s", arg(args, 0), arg(args, 1));
    return rc;
}

static const chatctl_column_t link_columns[] = {
    {"ACCOUNT", "account", 0},       {"NAME", "name", 0}, {"KIND", "kind", 0},
    {"DISCORD ID", "discord_id", 0}, {NULL, NULL, 0},
};

static int discord_list(chatctl_t *ctl)
{
    chatctl_site_t s;
    chatctl_table_t t;
    apr_array_header_t *args;
    chat_link_t *links;
    long number;
    int n;
    const chatctl_option_t options[] = {ROOM_OPTION(&number), NO_OPTION};
    int rc = chatctl_site_begin(&s, ctl, options, &args, 0);
    if (!rc)
        rc = chatctl_result(&s, chat_admin_discord_list(&links, &n, &s.call));
    if (rc)
        return rc;
    chatctl_table_begin(&t, ctl, link_columns);
    for (int i = 0; i < n; i++) {
        chatctl_table_add(&t, links[i].account_name);
        chatctl_table_add(&t, links[i].name);
        chatctl_table_add(&t, links[i].person ? "person" : "channel");
        chatctl_table_add(&t, links[i].discord_id);
    }
    chatctl_table_print(&t);
    return 0;
}

const chatctl_command_t chatctl_room_commands[] = {
    {"room", "add", room_add, "NAME"},
    {"room", "list", room_list, ""},
    {"room", "show", room_show, "[N]"},
    {"room", "owner", room_owner, "ACCOUNT [--room N]"},
    {"channel", "add", channel_add,
     "NAME [--room N] [--description TEXT] [--private] [--creator ACCOUNT]"},
    {"channel", "list", channel_list, "[--room N]"},
    {"channel", "delete", channel_delete, "NAME [--room N]"},
    {"channel", "grant", channel_grant, "NAME ACCOUNT rwx [--room N]"},
    {"channel", "revoke", channel_revoke, "NAME ACCOUNT rwx [--room N]"},
    {"announce", NULL, announce, "TEXT [--room N]"},
    {"discord", "link", discord_link, "ACCOUNT NAME DISCORD-ID [--person] [--room N]"},
    {"discord", "unlink", discord_unlink, "ACCOUNT NAME [--room N]"},
    {"discord", "list", discord_list, "[--room N]"},
    {NULL, NULL, NULL, NULL},
};
