/* SPDX-License-Identifier: Apache-2.0 */
/* What a database needs besides requests: cleaning, checks, copies, totals. */
#include "store/maintenance.h"

#include "base/bounds.h"
#include "store/anonymous_session.h"
#include "store/chatroom.h"
#include "store/db.h"
#include "store/guest.h"

#include <apr_file_io.h>
#include <apr_strings.h>
#include <sqlite3.h>
#include <stdio.h>
#include <unistd.h>

#define CLEAN_ROWS 500
#define ONCE_SECONDS (24 * 3600)
#define INVITE_SECONDS \
    (30 * 24 * 3600)           /* an expired one is distinguished from an unknown one */
#define ASSERTION_SECONDS 3600 /* past its time, as any machine's clock has it */
#define OUTBOX_SECONDS (7 * 24 * 3600)

typedef struct clean_t {
    chat_terms_t terms;
    apr_time_t now;
    apr_pool_t *pool;
    int more;
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

static apr_status_t clean_events(clean_t *k, chat_tx_t *tx, apr_int64_t room)
{
    apr_int64_t last, n = 0;
    apr_status_t rv = oldest(&last, tx, CHAT_SQL_event_oldest, room,
                             k->now - apr_time_from_sec(k->terms.events));
    if (rv == APR_SUCCESS && last)
        rv = chat_sql_do(&n, tx, CHAT_SQL_event_clean, "ii", CHAT_ROW_ID(room, 0), last);
    k->more |= n >= CLEAN_ROWS;
    return rv;
}

static apr_status_t clean_messages(clean_t *k, chat_tx_t *tx, apr_int64_t room)
{
    static const chat_sql_id_t parts[] = {
        CHAT_SQL_message_clean_recipients, CHAT_SQL_message_clean_gaps,
        CHAT_SQL_message_clean_replies,    CHAT_SQL_message_clean_versions,
        CHAT_SQL_message_clean_reactions,  CHAT_SQL_message_clean_mentions};
    apr_int64_t last, n = 0, low = CHAT_ROW_ID(room, 0);
    apr_status_t rv;
    if (!k->terms.messages)
        return APR_SUCCESS;
    rv = oldest(&last, tx, CHAT_SQL_message_oldest, room,
                k->now - apr_time_from_sec(k->terms.messages));
    if (rv != APR_SUCCESS || !last)
        return rv;
    for (apr_size_t i = 0; rv == APR_SUCCESS && i < sizeof(parts) / sizeof(*parts); i++)
        rv = chat_sql_do(NULL, tx, parts[i], "ii", low, last);
    if (rv == APR_SUCCESS)
        rv = chat_sql_do(&n, tx, CHAT_SQL_message_clean, "ii", low, last);
    k->more |= n >= CLEAN_ROWS;
    return rv;
}

static apr_status_t clean_rooms(clean_t *k, chat_tx_t *tx)
{
    chat_room_t *rooms;
    int n;
    apr_status_t rv = chat_room_all(&rooms, &n, tx, k->pool);
    for (int i = 0; rv == APR_SUCCESS && i < n; i++) {
        rv = clean_events(k, tx, rooms[i].id);
        if (rv == APR_SUCCESS)
            rv = clean_messages(k, tx, rooms[i].id);
    }
    return rv;
}

/* Tables whose rows expire on their own; seconds 0: they do not. */
static apr_status_t clean(chat_tx_t *tx, void *baton)
{
    clean_t *k = baton;
    const struct {
        chat_sql_id_t id;
        apr_int64_t seconds;
    } tables[] = {
        {CHAT_SQL_once_clean, ONCE_SECONDS},
        {CHAT_SQL_outbox_clean, OUTBOX_SECONDS},
        {CHAT_SQL_anonymous_session_clean, CHAT_ANONYMOUS_ENDED_SECONDS},
        {CHAT_SQL_invite_clean, INVITE_SECONDS},
        {CHAT_SQL_assertion_clean, ASSERTION_SECONDS},
        {CHAT_SQL_session_clean, k->terms.sessions},
    };
    apr_status_t rv;
    int guests = 0;
    k->more = 0;
    rv = clean_rooms(k, tx);
    if (rv == APR_SUCCESS)
        rv = chat_guest_clean(&guests, tx, k->now - apr_time_from_sec(CHAT_GUEST_SECONDS),
                              CLEAN_ROWS, k->pool);
    k->more |= guests >= CLEAN_ROWS;
    for (apr_size_t i = 0; i < sizeof(tables) / sizeof(*tables); i++) {
        apr_int64_t rows = 0;
        if (rv == APR_SUCCESS && tables[i].seconds)
            rv = chat_sql_do(&rows, tx, tables[i].id, "id",
                             k->now - apr_time_from_sec(tables[i].seconds), CLEAN_ROWS);
        k->more |= rows >= CLEAN_ROWS;
    }
    return rv;
}

apr_status_t chat_store_clean(int *more, chat_store_t *store, const chat_terms_t *terms)
{
    clean_t k = {.terms = *terms, .now = apr_time_now()};
    apr_status_t rv;
    apr_pool_create(&k.pool, NULL);
    rv = chat_store_write(store, clean, &k);
    *more = k.more;
    apr_pool_destroy(k.pool);
    return rv;
}

typedef struct check_t {
    const char *findings;
    apr_pool_t *pool;
} check_t;

/* SQLite's own check. What it cannot even read is a finding, too. */
static apr_status_t check_file(check_t *k, chat_db_t *db)
{
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite3_prepare_v2(db->native, "PRAGMA integrity_check", -1, &stmt, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(stmt);
    for (; rc == SQLITE_ROW; rc = sqlite3_step(stmt)) {
        const char *line = (const char *)sqlite3_column_text(stmt, 0);
        if (line && strcmp(line, "ok") != 0)
            k->findings = apr_pstrcat(k->pool, k->findings, line, "\n", NULL);
    }
    if (rc != SQLITE_DONE)
        k->findings =
            apr_pstrcat(k->pool, k->findings, sqlite3_errmsg(db->native), "\n", NULL);
    sqlite3_finalize(stmt);
    return rc == SQLITE_DONE || rc == SQLITE_CORRUPT ? APR_SUCCESS : CHAT_BROKEN;
}

static apr_status_t check_references(check_t *k, chat_tx_t *tx)
{
    chat_stmt_t *s = chat_sql(tx, CHAT_SQL_check_references, "");
    apr_status_t rv;
    while ((rv = chat_sql_row(s)) == APR_SUCCESS)
        k->findings = apr_pstrcat(k->pool, k->findings,
                                  chat_sql_text(s, 0, NULL, k->pool), "\n", NULL);
    return rv == CHAT_NOTFOUND ? APR_SUCCESS : rv;
}

/* Rules of the schema that no constraint holds. */
static apr_status_t check_rows(check_t *k, chat_tx_t *tx)
{
    static const struct {
        chat_sql_id_t id;
        const char *text;
    } checks[] = {
        {CHAT_SQL_check_counter, "messages or events above their chatroom's counter"},
        {CHAT_SQL_check_order, "messages whose time is not above that of the one before"},
        {CHAT_SQL_check_event, "messages of the last hour without an event"},
        {CHAT_SQL_check_direct, "direct messages without a reader"},
    };

    for (apr_size_t i = 0; i < sizeof(checks) / sizeof(*checks); i++) {
        apr_int64_t n = 0;
        apr_status_t rv;
        if (checks[i].id == CHAT_SQL_check_event)
            rv = chat_sql_one(&n, tx, checks[i].id, "i",
                              apr_time_now() - apr_time_from_sec(3600));
        else
            rv = chat_sql_one(&n, tx, checks[i].id, "");
        if (rv != APR_SUCCESS)
            return rv;
        if (n)
            k->findings = apr_psprintf(k->pool, "%s%" APR_INT64_T_FMT " %s\n",
                                       k->findings, n, checks[i].text);
    }
    return APR_SUCCESS;
}

static apr_status_t check(chat_tx_t *tx, void *baton)
{
    check_t *k = baton;
    apr_status_t rv = APR_SUCCESS;
    k->findings = "";
    if (tx->db->native)
        rv = check_file(k, tx->db);
    if (rv == APR_SUCCESS)
        rv = check_references(k, tx);
    return rv == APR_SUCCESS ? check_rows(k, tx) : rv;
}

apr_status_t chat_store_check(const char **findings, chat_store_t *store,
                              apr_pool_t *pool)
{
    check_t k = {"", pool};
    apr_status_t rv = chat_store_read(store, check, &k);
    *findings = k.findings;
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
    b->rc = sqlite3_open(b->file, &to);
    copy = b->rc == SQLITE_OK ? sqlite3_backup_init(to, "main", tx->db->native, "main")
                              : NULL;
    if (copy) {
        sqlite3_backup_step(copy, -1);
        sqlite3_backup_finish(copy);
    }
    b->rc = sqlite3_errcode(to);
    if (b->rc == SQLITE_OK)
        b->rc = sqlite3_exec(to, "PRAGMA journal_mode=DELETE", NULL, NULL, NULL);
    sqlite3_close(to);
    if (b->rc != SQLITE_OK)
        apr_snprintf(tx->db->error, sizeof(tx->db->error), "backup: %s",
                     sqlite3_errstr(b->rc));
    return b->rc == SQLITE_OK     ? APR_SUCCESS
           : b->rc == SQLITE_FULL ? CHAT_FULL
                                  : CHAT_BROKEN;
}

apr_status_t chat_store_backup(chat_store_t *store, const char *file, apr_pool_t *pool)
{
    backup_t b = {file, 0};
    (void)pool;
    return chat_store_read(store, backup, &b);
}

typedef struct prepare_t {
    const char *why;
    apr_pool_t *pool;
} prepare_t;

static apr_status_t prepare_all(chat_tx_t *tx, void *baton)
{
    prepare_t *p = baton;
    for (int i = 0; i < CHAT_SQL_COUNT; i++) {
        chat_stmt_t *s = &tx->db->stmts[i];
        apr_status_t rv;
        s->db = tx->db;
        s->id = (chat_sql_id_t)i;
        rv = tx->db->engine->probe(s);
        if (rv != APR_SUCCESS) {
            p->why =
                apr_psprintf(p->pool, "%s: %s", chat_sql_table[i].name, tx->db->error);
            return rv;
        }
    }
    return APR_SUCCESS;
}

apr_status_t chat_store_prepare_all(const char **why, chat_store_t *store,
                                    apr_pool_t *pool)
{
    prepare_t p = {NULL, pool};
    apr_status_t rv = chat_store_read(store, prepare_all, &p);
    *why = p.why;
    return rv;
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
