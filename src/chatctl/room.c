/* SPDX-License-Identifier: Apache-2.0 */
/* chatctl room ... */
#include "base/text.h"
#include "core/admin_local.h"
#include "moment.h"
#include "print.h"
#include "site.h"

#include <apr_strings.h>
#include <limits.h>
#include <string.h>

#define KEEP_LEAST 60 /* seconds, as ChatRetention has it */

static const chatctl_column_t columns[] = {
    {"ID", "id", CHATCTL_NUMBER},
    {"UUID", "uuid", CHATCTL_TEXT},
    {"NAME", "name", CHATCTL_TEXT},
    {"OWNER", "owner", CHATCTL_TEXT},
    {"ACCOUNTS", "accounts", CHATCTL_NUMBER},
    {"CHANNELS", "channels", CHATCTL_NUMBER},
    {"KEEPS", "keep_seconds", CHATCTL_TEXT},
    {"CREATED (UTC)", "created_at", CHATCTL_TIME},
    {NULL, NULL, CHATCTL_TEXT},
};

static void add_row(chatctl_table_t *t, const chat_admin_room_t *r)
{
    chatctl_table_row(t, r->room.id, r->room.uuid, r->room.name, r->owner,
                      (apr_int64_t)r->counts.accounts, (apr_int64_t)r->counts.channels,
                      r->room.keep < 0
                          ? NULL
                          : apr_psprintf(t->ctl->pool, "%" APR_INT64_T_FMT, r->room.keep),
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

/* TIME, "off" or "default". */
static int keep(chatctl_site_t *s)
{
    const char *text = chatctl_arg(s, 0);
    apr_int64_t seconds = -1;
    apr_time_t time;
    int rc;
    if (!strcmp(text, "off"))
        seconds = 0;
    else if (strcmp(text, "default")) {
        if (strchr(text, '-') || !chatctl_moment(&time, text, 0, 1) ||
            apr_time_sec(time) < KEEP_LEAST)
            return chatctl_misused(s->ctl,
                                   "a time is needed, one minute (1m) or more, off "
                                   "or default");
        seconds = apr_time_sec(time);
    }
    rc = chatctl_result(s, chat_admin_room_keep(&s->call, seconds));
    return rc            ? rc
           : seconds > 0 ? chatctl_say(s->ctl, NULL,
                                       "chatroom %ld keeps messages for %s; `chatctl "
                                       "prune` deletes older ones at once",
                                       s->ctl->room, text)
           : seconds == 0
               ? chatctl_say(s->ctl, NULL, "chatroom %ld keeps all messages",
                             s->ctl->room)
               : chatctl_say(s->ctl, NULL,
                             "chatroom %ld keeps messages as ChatRetention says",
                             s->ctl->room);
}

/* clang-format off */
const chatctl_command_t chatctl_room_commands[] = {
    {"room", "add", add, "NAME", 1, 1, CHATCTL_WRITES, "create a chatroom, an isolated set of accounts and channels", NULL},
    {"room", "list", list, "", 0, 0, CHATCTL_READS, "list the chatrooms", NULL},
    {"room", "show", show, "[N] [--room N]", 0, 1, CHATCTL_READS, "show a chatroom", NULL},
    {"room", "owner", owner, "ACCOUNT [--room N]", 1, 1, CHATCTL_WRITES, "give a chatroom to an account", NULL},
    {"room", "keep", keep, "TIME|off|default [--room N]", 1, 1, CHATCTL_WRITES, "delete messages of a chatroom that are older than TIME",
     "  TIME     30m, 24h, 365d\n"
     "  off      none, whatever ChatRetention says\n"
     "  default  as ChatRetention says\n"},
    {NULL, NULL, NULL, NULL, 0, 0, CHATCTL_NONE, NULL, NULL},
};
/* clang-format on */
