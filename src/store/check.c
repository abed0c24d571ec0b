/* SPDX-License-Identifier: Apache-2.0 */
/* The engine's own check, and the rules of the schema that no constraint holds. */
#include "store/check.h"

#include "base/text.h"
#include "store/db.h"

#include <apr_strings.h>
#include <sqlite3.h>
#include <string.h>

#define ROWS_NAMED 10
#define EVENT_SECONDS 3600 /* younger than the shortest time that events are kept */
#define WAIT_SECONDS 3600
#define SKEW_SECONDS 60

typedef struct check_t {
    const char *findings;
    int texts;
    apr_pool_t *pool;
    /* the line under way */
    const char *table, *rows;
    int n;
} check_t;

typedef struct rule_t {
    chat_sql_id_t id;
    const char *what, *cure;
    int seconds; /* not 0: its parameter is the time so long ago */
} rule_t;

static const rule_t rules[] = {
    /* the first: it may be left out */
    {CHAT_SQL_check_texts, "not valid UTF-8",
     "readers get U+FFFD for the wrong bytes: write the text again, or restore a backup",
     0},
    {CHAT_SQL_check_references, "refers to a row that is missing",
     "delete it, or restore a backup", 0},
    {CHAT_SQL_check_counter, "messages or events have numbers above its last_number",
     "writes to it fail: restore a backup", 0},
    {CHAT_SQL_check_order, "the time is not above that of the message before",
     "clients that ask by time may miss it: restore a backup, or delete it", 0},
    {CHAT_SQL_check_event, "of the last hour, and has no event",
     "connected clients did not get it: they do when they load the channel again",
     EVENT_SECONDS},
    {CHAT_SQL_check_direct, "direct, and has no reader", "delete it, or restore a backup",
     0},
};

static const rule_t warnings[] = {
    {CHAT_SQL_check_future, "of a time that has not come",
     "set the clock by NTP (chrony, systemd-timesyncd)", -SKEW_SECONDS},
    {CHAT_SQL_check_clock, "more than ten seconds from this machine's",
     "set the clocks of both machines by NTP", 1},
    {CHAT_SQL_check_given_up, "given up",
     "`chatctl outbox list` says why, `chatctl outbox retry ID` tries again", 0},
    {CHAT_SQL_check_waiting, "waits for more than an hour",
     "see that chatd runs and the mail command or Discord answers; `chatctl outbox list` "
     "has the last reason",
     WAIT_SECONDS},
    {CHAT_SQL_check_emergency, "in an emergency: new accounts may not write",
     "`chatctl emergency off` ends it", 0},
};

/* SQLite's own check. What it cannot even read is a finding, too. */
static apr_status_t check_file(check_t *k, chat_db_t *db)
{
    sqlite3_stmt *stmt = NULL;
    int rc =
        sqlite3_prepare_v2(db->native, "PRAGMA integrity_check(20)", -1, &stmt, NULL);
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

static void end_line(check_t *k, const rule_t *rule)
{
    if (k->n)
        k->findings =
            apr_psprintf(k->pool, "%s%s: %d row%s (%s%s): %s; %s\n", k->findings,
                         k->table, k->n, k->n == 1 ? "" : "s", k->rows,
                         k->n > ROWS_NAMED ? ", ..." : "", rule->what, rule->cure);
    k->n = 0;
    k->rows = "";
}

/* Rows of one table follow each other. */
static void add_row(check_t *k, const rule_t *rule, chat_stmt_t *s)
{
    const char *table = chat_sql_text(s, 0, NULL, k->pool);
    if (k->n && strcmp(table, k->table) != 0)
        end_line(k, rule);
    k->table = table;
    if (++k->n <= ROWS_NAMED)
        k->rows = apr_pstrcat(k->pool, k->rows, k->n > 1 ? ", " : "",
                              chat_sql_text(s, 1, NULL, k->pool), NULL);
}

static int is_valid(chat_stmt_t *s, int column)
{
    apr_size_t len = 0;
    const char *text = s->db->engine->text(s, column, &len);
    return !text || chat_text_valid(text, len);
}

static apr_status_t check_rule(check_t *k, chat_tx_t *tx, const rule_t *rule)
{
    chat_stmt_t *s = rule->seconds
                         ? chat_sql(tx, rule->id, "i",
                                    apr_time_now() - apr_time_from_sec(rule->seconds))
                         : chat_sql(tx, rule->id, "");
    apr_status_t rv;
    while ((rv = chat_sql_row(s)) == APR_SUCCESS) {
        if (rule->id != CHAT_SQL_check_texts || !is_valid(s, 2))
            add_row(k, rule, s);
    }
    end_line(k, rule);
    return rv == CHAT_NOTFOUND ? APR_SUCCESS : rv;
}

static apr_status_t check(chat_tx_t *tx, void *baton)
{
    check_t *k = baton;
    apr_status_t rv = APR_SUCCESS;
    k->findings = k->rows = "";
    k->n = 0;
    if (tx->db->native)
        rv = check_file(k, tx->db);
    for (apr_size_t i = !k->texts;
         rv == APR_SUCCESS && i < sizeof(rules) / sizeof(*rules); i++)
        rv = check_rule(k, tx, &rules[i]);
    return rv;
}

apr_status_t chat_store_check(const char **findings, chat_store_t *store, int texts,
                              apr_pool_t *pool)
{
    check_t k = {.findings = "", .texts = texts, .pool = pool};
    apr_status_t rv = chat_store_read(store, check, &k);
    *findings = k.findings;
    return rv;
}

static apr_status_t warn(chat_tx_t *tx, void *baton)
{
    check_t *k = baton;
    apr_status_t rv = APR_SUCCESS;
    k->findings = k->rows = "";
    k->n = 0;
    for (apr_size_t i = 0; rv == APR_SUCCESS && i < sizeof(warnings) / sizeof(*warnings);
         i++)
        rv = check_rule(k, tx, &warnings[i]);
    return rv;
}

apr_status_t chat_store_warnings(const char **findings, chat_store_t *store,
                                 apr_pool_t *pool)
{
    check_t k = {.findings = "", .pool = pool};
    apr_status_t rv = chat_store_read(store, warn, &k);
    *findings = k.findings;
    return rv;
}
