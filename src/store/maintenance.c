/* SPDX-License-Identifier: Apache-2.0 */
/* What a database needs besides requests: cleaning, copies, totals. */
#include "store/maintenance.h"

#include "base/bounds.h"
#include "store/anonymous_session.h"
#include "store/chatroom.h"
#include "store/db.h"
#include "store/guest.h"
#include "store/skeleton.h"

#include <apr_file_io.h>
#include <apr_strings.h>
#include <sqlite3.h>
#include <stdio.h>
#include <unistd.h>

#define CLEAN_ROWS 500
#define ONCE_SECONDS (24 * 3600)
#define INVITE_SECONDS \
    (30 * 24 * 3600)       /* an expired one is distinguished from an unknown one */
#define LATER_SECONDS 3600 /* past its time, as any machine's clock has it */
#define OUTBOX_SECONDS (7 * 24 * 3600)
#define OVER_SECONDS 1 /* bans and mutes that ended */

typedef struct clean_t {
    chat_store_t *store;
    chat_terms_t terms;
    apr_time_t now;
    apr_pool_t *pool;
    int more;
    apr_int64_t messages; /* that were deleted */
    /* of the piece under way */
    apr_int64_t room, last_event, last_message, rows;
    chat_sql_id_t table;
    apr_int64_t before;
} clean_t;

/* The last id of a chatroom's oldest rows that are older than TIME, at most CLEAN_ROWS of
 * them; 0 when there are no such rows. */
static apr_status_t oldest(apr_int64_t *last, chat_tx_t *tx, chat_sql_id_t id,
                           apr_int64_t room, apr_time_t time)
{
    chat_stmt_t *s = chat_sql(tx, id, "iid", CHAT_ROW_ID(room, 0),
                              CHAT_ROW_ID(room + 1, 0), CLEAN_ROWS);
    apr_status_t rv;
    *last = 0;
    while ((rv = chat_sql_row(s)) == APR_SUCCESS) {
        if (chat_sql_int(s, 1) >= time) {
            chat_sql_end(s);
            return APR_SUCCESS;
        }
        *last = chat_sql_int(s, 0);
    }
    return rv == CHAT_NOTFOUND ? APR_SUCCESS : rv;
}

static apr_status_t delete_events(chat_tx_t *tx, void *baton)
{
    clean_t *k = baton;
    return chat_sql_do(&k->rows, tx, CHAT_SQL_event_clean, "ii", CHAT_ROW_ID(k->room, 0),
                       k->last_event);
}

static apr_status_t delete_messages(chat_tx_t *tx, void *baton)
{
    static const chat_sql_id_t parts[] = {
        CHAT_SQL_message_clean_recipients, CHAT_SQL_message_clean_gaps,
        CHAT_SQL_message_clean_replies,    CHAT_SQL_message_clean_versions,
        CHAT_SQL_message_clean_reactions,  CHAT_SQL_message_clean_mentions};
    clean_t *k = baton;
    apr_int64_t low = CHAT_ROW_ID(k->room, 0);
    apr_status_t rv = APR_SUCCESS;
    for (apr_size_t i = 0; rv == APR_SUCCESS && i < sizeof(parts) / sizeof(*parts); i++)
        rv = chat_sql_do(NULL, tx, parts[i], "ii", low, k->last_message);
    if (rv == APR_SUCCESS)
        rv =
            chat_sql_do(&k->rows, tx, CHAT_SQL_message_clean, "ii", low, k->last_message);
    return rv;
}

static apr_status_t delete_expired(chat_tx_t *tx, void *baton)
{
    clean_t *k = baton;
    return chat_sql_do(&k->rows, tx, k->table, "id", k->before, CLEAN_ROWS);
}

static apr_status_t delete_guests(chat_tx_t *tx, void *baton)
{
    clean_t *k = baton;
    int n = 0;
    apr_status_t rv = chat_guest_clean(
        &n, tx, k->now - apr_time_from_sec(CHAT_GUEST_SECONDS), CLEAN_ROWS, k->pool);
    k->rows = n;
    return rv;
}

/* Each piece is a unit of its own: those who write wait for one of them, not for all. */
static apr_status_t run_piece(clean_t *k, chat_work_fn work)
{
    apr_status_t rv;
    k->rows = 0;
    rv = chat_store_write(k->store, work, k);
    k->more |= k->rows >= CLEAN_ROWS;
    return rv;
}

/* Looks, without the writer's turn, for what is due in the chatroom. */
static apr_status_t look(clean_t *k, const chat_room_t *room)
{
    apr_int64_t keep = room->keep < 0 ? k->terms.messages : room->keep;
    chat_tx_t *tx;
    apr_status_t rv = chat_store_begin(&tx, k->store, k->pool);
    k->last_message = 0;
    if (rv == APR_SUCCESS)
        rv = oldest(&k->last_event, tx, CHAT_SQL_event_oldest, k->room,
                    k->now - apr_time_from_sec(k->terms.events));
    if (rv == APR_SUCCESS && keep)
        rv = oldest(&k->last_message, tx, CHAT_SQL_message_oldest, k->room,
                    k->now - apr_time_from_sec(keep));
    return chat_store_end(tx, rv);
}

static apr_status_t clean_rooms(clean_t *k)
{
    chat_room_t *rooms;
    chat_tx_t *tx;
    int n = 0;
    apr_status_t rv = chat_store_begin(&tx, k->store, k->pool);
    if (rv == APR_SUCCESS)
        rv = chat_room_all(&rooms, &n, tx, k->pool);
    rv = chat_store_end(tx, rv);
    for (int i = 0; rv == APR_SUCCESS && i < n; i++) {
        k->room = rooms[i].id;
        rv = look(k, &rooms[i]);
        if (rv == APR_SUCCESS && k->last_event)
            rv = run_piece(k, delete_events);
        if (rv == APR_SUCCESS && k->last_message)
            rv = run_piece(k, delete_messages);
        k->messages += k->last_message && rv == APR_SUCCESS ? k->rows : 0;
    }
    return rv;
}

static apr_status_t unflag_muted(chat_tx_t *tx, void *baton)
{
    (void)baton;
    return chat_sql_do(NULL, tx, CHAT_SQL_mute_unflag, "");
}

/* Tables whose rows expire on their own; seconds 0: they do not. */
static apr_status_t clean_tables(clean_t *k)
{
    const struct {
        chat_sql_id_t id;
        apr_int64_t seconds;
    } tables[] = {
        {CHAT_SQL_once_clean, ONCE_SECONDS},
        {CHAT_SQL_outbox_clean, OUTBOX_SECONDS},
        {CHAT_SQL_anonymous_session_clean, CHAT_ANONYMOUS_ENDED_SECONDS},
        {CHAT_SQL_invite_clean, INVITE_SECONDS},
        {CHAT_SQL_assertion_clean, LATER_SECONDS},
        {CHAT_SQL_rate_clean, LATER_SECONDS},
        {CHAT_SQL_rate_told_clean, LATER_SECONDS},
        {CHAT_SQL_session_clean, k->terms.sessions},
        {CHAT_SQL_account_ban_clean, OVER_SECONDS},
        {CHAT_SQL_mute_clean, OVER_SECONDS},
        {CHAT_SQL_slow_clean, CHAT_SLOW_SECONDS},
        {CHAT_SQL_network_clean, ONCE_SECONDS},
    };
    apr_status_t rv = APR_SUCCESS;
    for (apr_size_t i = 0; i < sizeof(tables) / sizeof(*tables); i++) {
        k->table = tables[i].id;
        k->before = k->now - apr_time_from_sec(tables[i].seconds);
        if (rv == APR_SUCCESS && tables[i].seconds)
            rv = run_piece(k, delete_expired);
    }
    return rv == APR_SUCCESS ? run_piece(k, unflag_muted) : rv;
}

static apr_status_t give_back(chat_tx_t *tx, void *baton)
{
    (void)baton;
    return sqlite3_exec(tx->db->native, "PRAGMA incremental_vacuum(256)", NULL, NULL,
                        NULL) == SQLITE_OK
               ? APR_SUCCESS
               : CHAT_BUSY;
}

/* Free pages serve later rows, so some stay. A file of release 0.1 keeps all of them
 * until it is compacted. */
static apr_status_t shrink(clean_t *k)
{
    apr_int64_t surplus = 0;
    chat_tx_t *tx;
    apr_status_t rv = chat_store_begin(&tx, k->store, k->pool);
    if (rv == APR_SUCCESS)
        rv = chat_sql_one(&surplus, tx, CHAT_SQL_database_surplus, "");
    rv = chat_store_end(tx, rv);
    if (rv != APR_SUCCESS || surplus <= 0)
        return rv;
    k->more = 1;
    return chat_store_write(k->store, give_back, k);
}

apr_status_t chat_store_clean(int *more, apr_int64_t *messages, chat_store_t *store,
                              const chat_terms_t *terms)
{
    clean_t k = {.store = store, .terms = *terms, .now = apr_time_now()};
    apr_status_t rv = chat_skeleton_fill(&k.more, store);
    apr_pool_create(&k.pool, NULL);
    if (rv == APR_SUCCESS)
        rv = clean_rooms(&k);
    if (rv == APR_SUCCESS)
        rv = run_piece(&k, delete_guests);
    if (rv == APR_SUCCESS)
        rv = clean_tables(&k);
    if (rv == APR_SUCCESS)
        rv = shrink(&k);
    *more = k.more;
    if (messages)
        *messages += k.messages;
    apr_pool_destroy(k.pool);
    return rv;
}

typedef struct backup_t {
    const char *file;
    int rc;
} backup_t;

/* The online backup reads one snapshot while writers continue; a reading unit holds it.
 */
static apr_status_t backup(chat_tx_t *tx, void *baton)
{
    backup_t *b = baton;
    sqlite3 *to = NULL;
    sqlite3_backup *copy;
    if (!tx->db->native)
        return APR_ENOTIMPL;
    /* as root it may lie in another user's folder, who could put a link in its place */
    b->rc =
        sqlite3_open_v2(b->file, &to, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW, NULL);
    if (b->rc == SQLITE_OK)
        b->rc = sqlite3_exec(to, "PRAGMA journal_mode=OFF", NULL, NULL, NULL);
    copy = b->rc == SQLITE_OK ? sqlite3_backup_init(to, "main", tx->db->native, "main")
                              : NULL;
    if (copy) {
        sqlite3_backup_step(copy, -1);
        sqlite3_backup_finish(copy);
    }
    b->rc = sqlite3_errcode(to);
    if (b->rc == SQLITE_OK)
        b->rc = sqlite3_exec(to, "PRAGMA journal_mode=MEMORY; PRAGMA user_version=0",
                             NULL, NULL, NULL);
    sqlite3_close(to);
    if (b->rc != SQLITE_OK)
        apr_snprintf(tx->db->error, sizeof(tx->db->error), "backup: %s",
                     sqlite3_errstr(b->rc));
    return b->rc == SQLITE_OK     ? APR_SUCCESS
           : b->rc == SQLITE_FULL ? CHAT_FULL
                                  : CHAT_BROKEN;
}

apr_status_t chat_store_backup(chat_store_t *store, const char *file)
{
    backup_t b = {file, 0};
    return chat_store_read(store, backup, &b);
}

static void read_totals(void *row, chat_stmt_t *s, apr_pool_t *pool)
{
    chat_totals_t *out = row;
    (void)pool;
    out->rooms = chat_sql_int(s, 0);
    out->accounts = chat_sql_int(s, 1);
    out->channels = chat_sql_int(s, 2);
    out->messages = chat_sql_int(s, 3);
}

apr_status_t chat_totals(chat_totals_t *out, chat_tx_t *tx)
{
    apr_status_t rv =
        chat_sql_first(out, read_totals, chat_sql(tx, CHAT_SQL_site_totals, ""), NULL);
    return rv == APR_SUCCESS ? chat_sql_one(&out->bytes, tx, CHAT_SQL_database_bytes, "")
                             : rv;
}
