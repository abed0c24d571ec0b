/* SPDX-License-Identifier: Apache-2.0 */
/* chatctl room ... */
#include "base/text.h"
#include "core/admin_local.h"
#include "print.h"
#include "site.h"

#include <limits.h>

static const chatctl_column_t columns[] = {
    {"ID", "id", CHATCTL_NUMBER},
    {"UUID", "uuid", CHATCTL_TEXT},
    {"NAME", "name", CHATCTL_TEXT},
    {"OWNER", "owner", CHATCTL_TEXT},
    {"ACCOUNTS", "accounts", CHATCTL_NUMBER},
    {"CHANNELS", "channels", CHATCTL_NUMBER},
    {"CREATED (UTC)", "created_at", CHATCTL_TIME},
    {NULL, NULL, CHATCTL_TEXT},
};

static void add_row(chatctl_table_t *t, const chat_admin_room_t *r)
{
    chatctl_table_row(t, r->room.id, r->room.uuid, r->room.name, r->owner,
                      (apr_int64_t)r->counts.accounts, (apr_int64_t)r->counts.channels,
                      r->room.created);
}

static int show_one(chatctl_site_t *s, const chat_admin_room_t *room)
{
    chatctl_table_t t;
    chatctl_table_begin(&t, s->ctl, columns);
    add_row(&t, room);
    return chatctl_table_show(&t);
}

static int add(chatctl_site_t *s)
{
    chat_admin_room_t room;
    int rc = chatctl_result(s, chat_admin_room_add(&room, &s->call, chatctl_arg(s, 0)));
    return rc ? rc : show_one(s, &room);
}

static int list(chatctl_site_t *s)
{
    chatctl_table_t t;
    chat_admin_room_t *rooms;
    int n, rc = chatctl_result(s, chat_admin_room_list(&rooms, &n, &s->call, 0, INT_MAX));
    chatctl_table_begin(&t, s->ctl, columns);
    for (int i = 0; !rc && i < n; i++)
        add_row(&t, &rooms[i]);
    return rc ? rc : chatctl_table_print(&t);
}

/* The number alone is accepted, too. */
static int show(chatctl_site_t *s)
{
    chat_admin_room_t room;
    int rc;
    if (s->ctl->args->nelts && !chat_text_int64(&s->call.room, chatctl_arg(s, 0)))
        return chatctl_misused(s->ctl, "the number of a chatroom is needed");
    rc = chatctl_result(s, chat_admin_room_show(&room, &s->call));
    return rc ? rc : show_one(s, &room);
}

static int owner(chatctl_site_t *s)
{
    int rc = chatctl_result(s, chat_admin_room_owner(&s->call, chatctl_arg(s, 0)));
    return rc ? rc
              : chatctl_say(s->ctl, NULL, "%s owns chatroom %ld", chatctl_arg(s, 0),
                            s->ctl->room);
}

/* clang-format off */
const chatctl_command_t chatctl_room_commands[] = {
    {"room", "add", add, "NAME", 1, 1, CHATCTL_WRITES, "create a chatroom, an isolated set of accounts and channels", NULL},
    {"room", "list", list, "", 0, 0, CHATCTL_READS, "list the chatrooms", NULL},
    {"room", "show", show, "[N] [--room N]", 0, 1, CHATCTL_READS, "show a chatroom", NULL},
    {"room", "owner", owner, "ACCOUNT [--room N]", 1, 1, CHATCTL_WRITES, "give a chatroom to an account", NULL},
    {NULL, NULL, NULL, NULL, 0, 0, CHATCTL_NONE, NULL, NULL},
};
/* clang-format on */
