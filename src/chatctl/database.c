/* SPDX-License-Identifier: Apache-2.0 */
/* chatctl reindex, sizes, stats */
#include "store/database.h"

#include "core/admin_local.h"
#include "options.h"
#include "print.h"
#include "site.h"
#include "store/chatroom.h"
#include "store/maintenance.h"
#include "store/rows.h"
#include "store/search_index.h"

#include <apr_strings.h>
#include <string.h>

static int reindex(chatctl_site_t *s)
{
    chat_search_totals_t n;
    int more = 1;
    apr_status_t rv = chat_search_restart(s->site.store);
    while (rv == APR_SUCCESS && more)
        rv = chat_search_fill(&more, s->site.store, 1);
    if (rv == APR_SUCCESS)
        rv = chat_search_totals(&n, s->site.store);
    if (rv != APR_SUCCESS)
        return chatctl_result(s, rv);
    return chatctl_say(s->ctl, NULL,
                       "the index has %" APR_INT64_T_FMT " blocks in %" APR_INT64_T_FMT
                       " rows",
                       n.blocks, n.postings);
}

/* ChatRetention is httpd's: without it only chatrooms with a term of their own have one.
 */
static int prune(chatctl_site_t *s)
{
    const chat_terms_t terms = {.events = CHAT_EVENTS_SECONDS};
    chat_admin_stats_t before, after;
    apr_int64_t messages = 0;
    int more = 1;
    apr_status_t rv = chat_admin_stats(&before, &s->call);
    while (rv == APR_SUCCESS && more)
        rv = chat_store_clean(&more, &messages, s->site.store, &terms);
    if (rv == APR_SUCCESS)
        rv = chat_admin_stats(&after, &s->call);
    return rv != APR_SUCCESS
               ? chatctl_result(s, rv)
               : chatctl_say(s->ctl, NULL,
                             "%" APR_INT64_T_FMT
                             " messages deleted; the database has %" APR_INT64_T_FMT
                             " bytes, %" APR_INT64_T_FMT " before",
                             messages, after.all.bytes, before.all.bytes);
}

static int compact(chatctl_site_t *s)
{
    const char *why = "";
    apr_status_t rv = chat_store_compact(&s->database, &why, s->ctl->pool);
    return rv == APR_SUCCESS ? chatctl_say(s->ctl, NULL, "the database has no free room")
                             : chatctl_fail("the database is as it was: %s", why);
}

static int stats(chatctl_site_t *s)
{
    static const chatctl_column_t columns[] = {
        {"chatrooms", "chatrooms", CHATCTL_NUMBER},
        {"accounts", "accounts", CHATCTL_NUMBER},
        {"channels", "channels", CHATCTL_NUMBER},
        {"messages", "messages", CHATCTL_NUMBER},
        {"outbox", "outbox_waiting", CHATCTL_NUMBER},
        {"given up", "outbox_given_up", CHATCTL_NUMBER},
        {"bytes", "bytes", CHATCTL_NUMBER},
        {NULL, NULL, CHATCTL_TEXT},
    };
    chatctl_table_t t;
    chat_admin_stats_t n;
    int rc = chatctl_result(s, chat_admin_stats(&n, &s->call));
    if (rc)
        return rc;
    chatctl_table_begin(&t, s->ctl, columns);
    chatctl_table_row(&t, n.all.rooms, n.all.accounts, n.all.channels, n.all.messages,
                      n.outbox[CHAT_OUTBOX_WAITING], n.outbox[CHAT_OUTBOX_GIVEN_UP],
                      n.all.bytes);
    return chatctl_table_show(&t);
}

/* Rows and bytes of ROOM: a line for each table, or all together. */
static apr_status_t measure(chatctl_table_t *t, chat_tx_t *tx, const chat_room_t *room,
                            int together)
{
    apr_int64_t rows, bytes, all_rows = 0, all_bytes = 0;
    apr_status_t rv = APR_SUCCESS;
    for (int i = 0; rv == APR_SUCCESS && i < CHAT_TABLES; i++) {
        if (!chat_tables[i].scoped)
            continue;
        rv = chat_rows_size(&rows, &bytes, tx, i, room->id);
        all_rows += rows;
        all_bytes += bytes;
        if (!together && rows)
            chatctl_table_row(t, chat_tables[i].name, rows, bytes);
    }
    if (together)
        chatctl_table_row(t, room->id, room->name, all_rows, all_bytes);
    return rv;
}

static int sizes(chatctl_site_t *s)
{
    static const chatctl_column_t of_rooms[] = {{"ID", "id", CHATCTL_NUMBER},
                                                {"NAME", "name", CHATCTL_TEXT},
                                                {"ROWS", "rows", CHATCTL_NUMBER},
                                                {"BYTES", "bytes", CHATCTL_NUMBER},
                                                {NULL, NULL, CHATCTL_TEXT}};
    static const chatctl_column_t of_tables[] = {{"TABLE", "table", CHATCTL_TEXT},
                                                 {"ROWS", "rows", CHATCTL_NUMBER},
                                                 {"BYTES", "bytes", CHATCTL_NUMBER},
                                                 {NULL, NULL, CHATCTL_TEXT}};
    const int one = chatctl_given(s->ctl, "--room");
    chatctl_table_t t;
    chat_room_t *rooms;
    chat_tx_t *tx;
    int n = 0;
    apr_status_t rv = chat_admin_begin(&tx, &s->call);
    chatctl_table_begin(&t, s->ctl, one ? of_tables : of_rooms);
    if (rv == APR_SUCCESS)
        rv = chat_room_all(&rooms, &n, tx, s->ctl->pool);
    for (int i = 0; rv == APR_SUCCESS && i < n; i++)
        if (!one || rooms[i].id == s->call.room)
            rv = measure(&t, tx, &rooms[i], !one);
    rv = chat_store_end(tx, rv);
    return rv == APR_SUCCESS ? chatctl_table_print(&t) : chatctl_result(s, rv);
}

/* clang-format off */
const chatctl_command_t chatctl_database_commands[] = {
    {"prune", NULL, prune, "", 0, 0, CHATCTL_WRITES, "delete at once what chatrooms keep no longer, and give room back", NULL},
    {"compact", NULL, compact, "", 0, 0, CHATCTL_WRITES, "write the database again without free room; writes wait", NULL},
    {"reindex", NULL, reindex, "", 0, 0, CHATCTL_WRITES, "write the index of words again", NULL},
    {"sizes", NULL, sizes, "[--room N]", 0, 0, CHATCTL_READS, "show how much each chatroom has; with --room, each of its tables",
     "  BYTES  of the content; the file also has indexes and free pages (`chatctl stats`)\n"},
    {"stats", NULL, stats, "", 0, 0, CHATCTL_READS, "count chatrooms, accounts, channels, messages and bytes", NULL},
    {NULL, NULL, NULL, NULL, 0, 0, CHATCTL_NONE, NULL, NULL},
};
/* clang-format on */
