/* SPDX-License-Identifier: Apache-2.0 */
/* How SQLite runs every statement: by a key or an index, unless it says here why not; and
 * how PostgreSQL reads pages. */
#include "store.h"

#include <sqlite3.h>

/* Statements that may read a whole table. */
static const struct {
    chat_sql_id_t id;
    const char *why;
} scans[] = {
    {CHAT_SQL_room_list, "all chatrooms are asked for"},
    {CHAT_SQL_outbox_states, "statistics"},
    {CHAT_SQL_outbox_waiting, "an index of what waits"},
    {CHAT_SQL_site_totals, "statistics"},
    {CHAT_SQL_database_bytes, "two rows of SQLite's own"},
    {CHAT_SQL_database_surplus, "three rows of the same"},
    {CHAT_SQL_recipient_top, "two rows that were found by their keys"},
    {CHAT_SQL_stream_first, "three rows that were found by their keys"},
    {CHAT_SQL_outbox_heads, "only its own list of targets, which it finds by index"},
    {CHAT_SQL_outbox_release, "at start"},
    {CHAT_SQL_detail_of, "only its own list of ids"},
    {CHAT_SQL_reaction_of, "only its own list of ids"},
    {CHAT_SQL_unread_channels, "rows that were found by their keys"},
    {CHAT_SQL_unread_direct, "rows that were found by their keys"},
    {CHAT_SQL_schema_tables, "at start"},
    {CHAT_SQL_schema_version, "one row"},
    {CHAT_SQL_schema_version_set, "one row"},
    {CHAT_SQL_incoming_drop_channels, "a chatroom comes from elsewhere"},
    {CHAT_SQL_incoming_room_used, "a chatroom comes from elsewhere"},
    {CHAT_SQL_incoming_roots, "a chatroom comes from elsewhere"},
    {CHAT_SQL_incoming_recipients, "a chatroom comes from elsewhere"},
    {CHAT_SQL_incoming_replies, "a chatroom comes from elsewhere"},
    {CHAT_SQL_erasure_reply_author, "an account is erased"},
    {CHAT_SQL_erasure_creator, "an account is erased"},
    {CHAT_SQL_erasure_actor, "an account is erased"},
    {CHAT_SQL_erasure_target, "an account is erased"},
    {CHAT_SQL_erasure_closer, "an account is erased"},
    {CHAT_SQL_erasure_network, "an account is erased"},
    {CHAT_SQL_erasure_outbox, "an account is erased"},
    {CHAT_SQL_rows_size_channel, "the administrator asks"},
    {CHAT_SQL_rows_size_invite, "the administrator asks"},
    {CHAT_SQL_rows_size_outbox, "the administrator asks"},
    {CHAT_SQL_row_drop_approval_requester_id, "an account is erased"},
    {CHAT_SQL_row_drop_discord_person_account_id, "an account is erased"},
    {CHAT_SQL_room_present, "two rows that were found by their keys"},
    {CHAT_SQL_room_redate_replies, "once after the clock was set back"},
    {CHAT_SQL_check_texts, "the check reads everything"},
    {CHAT_SQL_check_references, "the check reads everything"},
    {CHAT_SQL_check_counter, "the check reads everything"},
    {CHAT_SQL_check_order, "the check reads everything"},
    {CHAT_SQL_check_event, "the check reads everything"},
    {CHAT_SQL_check_direct, "the check reads everything"},
    {CHAT_SQL_check_future, "the check reads everything"},
    {CHAT_SQL_check_given_up, "the check reads everything"},
    {CHAT_SQL_check_waiting, "the check reads everything"},
    {CHAT_SQL_check_emergency, "the check reads everything"},
    {CHAT_SQL_account_alike, "the check reads everything"},
    {CHAT_SQL_channel_alike, "the check reads everything"},
    {CHAT_SQL_mute_unflag, "an index of nothing else"},
    {CHAT_SQL_network_list, "all of them are asked for"},
    {CHAT_SQL_search_due, "a row for each chatroom"},
    {CHAT_SQL_search_stale_due, "only the list of what changed"},
    {CHAT_SQL_search_unread_due, "an index of nothing else"},
    {CHAT_SQL_search_restart, "the administrator asks"},
    {CHAT_SQL_search_put, "only its own list of words"},
    {CHAT_SQL_search_remove, "only its own list of words"},
    {CHAT_SQL_search_page, "only its own list of ids"},
    {CHAT_SQL_search_totals, "statistics"},
};

/* Statements of a request that many make: these may not even sort. */
static const chat_sql_id_t hot[] = {
    CHAT_SQL_identity_by_token, CHAT_SQL_identity_by_id,     CHAT_SQL_identity_by_name,
    CHAT_SQL_session_find,      CHAT_SQL_channel_by_name,    CHAT_SQL_channel_by_id,
    CHAT_SQL_room_counter,      CHAT_SQL_room_counter_set,   CHAT_SQL_message_insert,
    CHAT_SQL_event_insert,      CHAT_SQL_message_of_channel, CHAT_SQL_message_of_author,
    CHAT_SQL_message_direct,    CHAT_SQL_message_announced,  CHAT_SQL_message_by_id,
    CHAT_SQL_recipient_has,     CHAT_SQL_once_find,          CHAT_SQL_once_insert,
    CHAT_SQL_event_follow,
};

static int may_scan(chat_sql_id_t id)
{
    for (size_t i = 0; i < COUNT(scans); i++) {
        if (scans[i].id == id)
            return 1;
    }
    return 0;
}

static sqlite3 *raw(fixture_t *f)
{
    sqlite3 *db;
    assert_int_equal(sqlite3_open(f->database.file, &db), SQLITE_OK);
    return db;
}

/* The plan's lines, one behind the other. */
static const char *plan(sqlite3 *db, chat_sql_id_t id, apr_pool_t *pool)
{
    const char *sql =
        apr_pstrcat(pool, "EXPLAIN QUERY PLAN ", chat_sql_table[id].sqlite, NULL);
    const char *lines = "";
    sqlite3_stmt *stmt;
    if (!strncmp(chat_sql_table[id].name, "tx_", 3))
        return lines;
    if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) != SQLITE_OK)
        fail_msg("%s: %s", chat_sql_table[id].name, sqlite3_errmsg(db));
    while (sqlite3_step(stmt) == SQLITE_ROW)
        lines = apr_pstrcat(pool, lines, sqlite3_column_text(stmt, 3), "\n", NULL);
    sqlite3_finalize(stmt);
    return lines;
}

/* A scan of a constant row or of a subquery that is counted elsewhere is none. */
static int scans_table(const char *lines)
{
    for (const char *at = strstr(lines, "SCAN "); at; at = strstr(at + 1, "SCAN ")) {
        if (strncmp(at, "SCAN CONSTANT", 13) != 0)
            return 1;
    }
    return 0;
}

static void no_scans(void **state)
{
    fixture_t *f = fixture(state);
    sqlite3 *db = raw(f);
    int bad = 0;
    for (int id = 0; id < CHAT_SQL_COUNT; id++) {
        const char *lines = plan(db, (chat_sql_id_t)id, f->pool);
        int scan = scans_table(lines);
        if (scan && !may_scan((chat_sql_id_t)id)) {
            print_error("%s reads a whole table:\n%s", chat_sql_table[id].name, lines);
            bad++;
        }
        if (!scan && may_scan((chat_sql_id_t)id)) {
            print_error("%s does not scan: take it off the list\n",
                        chat_sql_table[id].name);
            bad++;
        }
    }
    sqlite3_close(db);
    assert_int_equal(bad, 0);
}

static void hot_ones(void **state)
{
    fixture_t *f = fixture(state);
    sqlite3 *db = raw(f);
    for (size_t i = 0; i < COUNT(hot); i++) {
        const char *lines = plan(db, hot[i], f->pool);
        if (scans_table(lines) || strstr(lines, "TEMP B-TREE") ||
            strstr(lines, "AUTOMATIC"))
            fail_msg("%s:\n%s", chat_sql_table[hot[i]].name, lines);
    }
    sqlite3_close(db);
}

/* A page walks its index downwards from where it begins. */
static void page_plans(void **state)
{
    static const struct {
        chat_sql_id_t id;
        const char *index;
    } cases[] = {
        {CHAT_SQL_message_of_channel, "message_by_channel (channel_id=? AND id<?)"},
        {CHAT_SQL_message_of_author, "message_by_author (author_id=? AND id<?)"},
        {CHAT_SQL_message_direct, "PRIMARY KEY (account_id=? AND message_id<?)"},
        {CHAT_SQL_message_announced, "message_announced"},
        {CHAT_SQL_event_follow, "INTEGER PRIMARY KEY (rowid>? AND rowid<?)"},
        {CHAT_SQL_identity_by_token, "(token_hash=?)"},
        {CHAT_SQL_once_clean, "idempotency_by_age"},
        {CHAT_SQL_session_clean, "session_by_use (used_at<?)"},
    };
    fixture_t *f = fixture(state);
    sqlite3 *db = raw(f);

    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *lines = plan(db, cases[i].id, f->pool);
        if (!strstr(lines, cases[i].index))
            fail_msg("%s does not use %s:\n%s", chat_sql_table[cases[i].id].name,
                     cases[i].index, lines);
    }
    sqlite3_close(db);
}

/* What SQLite does to count READER's unread messages. */
static int steps_of_unread(sqlite3 *db, apr_int64_t reader)
{
    sqlite3_stmt *stmt;
    int steps;
    assert_int_equal(sqlite3_prepare_v2(db,
                                        chat_sql_table[CHAT_SQL_unread_channels].sqlite,
                                        -1, &stmt, NULL),
                     SQLITE_OK);
    sqlite3_bind_int64(stmt, 1, reader);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    assert_int_equal(sqlite3_column_int(stmt, 3), 2000);
    assert_int_equal(sqlite3_step(stmt), SQLITE_DONE);
    steps = sqlite3_stmt_status(stmt, SQLITE_STMTSTATUS_VM_STEP, 0);
    sqlite3_finalize(stmt);
    return steps;
}

/* Unread messages cost the same whatever the history. */
static void unread_steps(void **state)
{
    fixture_t *f = fixture(state);
    chat_tx_t *tx = begin(f);
    apr_int64_t author = new_account(tx, "ann", f->pool), channel;
    apr_int64_t reader = new_account(tx, "ben", f->pool);
    sqlite3 *db = raw(f);
    int few = 0, many = 0;
    channel = new_channel(tx, "lobby", 1, f->pool);
    commit(f);
    OK(tell(f, apr_psprintf(f->pool,
                            "INSERT INTO membership VALUES (%" APR_INT64_T_FMT
                            ", %" APR_INT64_T_FMT ", 3, 1, 1)",
                            reader, channel)));
    for (int i = 0; i < 2; i++) {
        OK(tell(f, apr_psprintf(
                       f->pool,
                       "WITH RECURSIVE n (i) AS (SELECT %d UNION ALL SELECT i + 1 FROM n "
                       "WHERE i < %d) INSERT INTO message (id, kind, channel_id, "
                       "author_id, author_name, body, created_at) SELECT i, 1, "
                       "%" APR_INT64_T_FMT ", %" APR_INT64_T_FMT ", 'ann', 'x', i FROM n",
                       i ? 3001 : 1, i ? 100000 : 3000, channel, author)));
        *(i ? &many : &few) = steps_of_unread(db, reader);
    }
    sqlite3_close(db);
    assert_int_equal(few, many);
}

/* SQL with $1, $2... for its parameters. */
static const char *numbered(const char *sql, apr_pool_t *pool)
{
    const char *out = "", *at;
    for (int i = 1; (at = strstr(sql, "%lld")) != NULL; sql = at + 4)
        out = apr_psprintf(pool, "%s%.*s$%d", out, (int)(at - sql), sql, i++);
    return apr_pstrcat(pool, out, sql, NULL);
}

/* Fails, with the plan of MODE, generic (for all arguments) or custom, unless PostgreSQL
 * walks INDEX and does nothing that OTHERWISE, a regular expression, stands for. */
static const char *walks(const char *sql, const char *mode, const char *arguments,
                         const char *index, const char *otherwise, apr_pool_t *pool)
{
    return apr_psprintf(pool,
                        "DO $do$ DECLARE line text; plan text := ''; BEGIN "
                        "SET LOCAL plan_cache_mode = force_%s_plan; "
                        "EXECUTE $q$PREPARE page AS %s$q$; "
                        "FOR line IN EXECUTE 'EXPLAIN EXECUTE page(%s)' LOOP "
                        "plan := plan || E'\\n' || line; END LOOP; "
                        "IF strpos(plan, '%s') = 0 OR plan ~ '%s' THEN "
                        "RAISE EXCEPTION '%%', plan; END IF; END $do$",
                        mode, sql, arguments, index, otherwise);
}

/* One thread of one author to one peer in one channel, of two million messages as the
 * planner is told: what it knows of columns tells nothing apart then. */
static void fill_for_plans(fixture_t *f)
{
    chat_tx_t *tx = begin(f);
    const char *channel = apr_ltoa(f->pool, (long)new_channel(tx, "busy", 1, f->pool));
    const char *author = apr_ltoa(f->pool, (long)new_account(tx, "ann", f->pool));
    commit(f);
    OK(tell(f, apr_psprintf(f->pool,
                            "INSERT INTO message (id, kind, channel_id, author_id, "
                            "author_name, body, created_at, parent_id, root_id) SELECT "
                            "i, 1, %s, %s, 'x', 'x', i, 5000, 5000 FROM "
                            "generate_series(5000, 25000) i; "
                            "INSERT INTO recipient (account_id, message_id, position, "
                            "peer_id) SELECT %s, id, id, %s FROM message WHERE id >= "
                            "5000; ALTER TABLE message SET (autovacuum_enabled = off); "
                            "ALTER TABLE recipient SET (autovacuum_enabled = off)",
                            channel, author, author, author)));
}

/* A page of one channel, thread or account costs the same whatever is said elsewhere,
 * also where the statistics know few of them; what many ask for, also before there are
 * any. */
static void pages_of_pgsql(void **state)
{
    static const char sort[] = "Sort";
    static const struct {
        chat_sql_id_t id;
        const char *index, *arguments, *otherwise;
        int many;
    } cases[] = {
        {CHAT_SQL_message_of_channel, "message_by_channel", "1, 2, 50", sort, 1},
        {CHAT_SQL_message_of_channel_extended, "message_by_channel", "1, 2, 50", sort, 1},
        {CHAT_SQL_message_after, "message_by_channel", "1, 2, 50", sort, 1},
        {CHAT_SQL_message_history, "message_by_channel", "1, 50", sort, 0},
        {CHAT_SQL_message_first, "message_by_channel", "1", sort, 1},
        {CHAT_SQL_message_of_author, "message_by_author", "1, 2, 50", sort, 0},
        {CHAT_SQL_message_named, "message_by_author", "1, 2, 50", sort, 0},
        {CHAT_SQL_message_direct, "recipient_pkey", "1, 2, 50", sort, 0},
        {CHAT_SQL_said_in_channel, "message_by_channel", "1, 1, 2, 50", sort, 0},
        {CHAT_SQL_said_ids, "message_by_channel", "1, 1, 2, 50", sort, 0},
        {CHAT_SQL_membership_read, "message_by_channel", "1, 2", sort, 0},
        {CHAT_SQL_thread_of_channel, "message_by_root", "1, 2, 50", sort, 1},
        {CHAT_SQL_thread_direct, "message_by_root", "1, 2, 3, 50", sort, 0},
        {CHAT_SQL_stream_replies, "message_by_parent", "1, 2, 50", sort, 0},
        {CHAT_SQL_unread_channels, "message_by_channel", "1",
         "Sort Key: message|Backward using message_pkey", 0},
        {CHAT_SQL_unread_direct, "recipient_by_peer", "1, 1, 50",
         "Sort Key: recipient|recipient_by_(message|position)", 0},
    };
    static const struct {
        const char *before, *mode;
        int all;
    } rounds[] = {{"SELECT", "custom", 0},
                  {"SELECT", "generic", 0},
                  {"ANALYZE message, recipient; UPDATE pg_class SET reltuples = 100 * "
                   "reltuples WHERE reltuples > 10000",
                   "generic", 1}};
    fixture_t *f = fixture(state);
    fill_for_plans(f);
    for (size_t n = 0; n < COUNT(rounds); n++) {
        OK(tell(f, rounds[n].before));
        for (size_t i = 0; i < COUNT(cases); i++) {
            const chat_sql_t *sql = &chat_sql_table[cases[i].id];
            if ((rounds[n].all || cases[i].many) &&
                tell(f, walks(numbered(sql->pgsql, f->pool), rounds[n].mode,
                              cases[i].arguments, cases[i].index, cases[i].otherwise,
                              f->pool)))
                fail_msg("round %d: %s does not walk %s", (int)n, sql->name,
                         cases[i].index);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {ON_SQLITE(no_scans), ON_SQLITE(hot_ones),
                                       ON_SQLITE(page_plans), ON_SQLITE(unread_steps),
                                       ON_PGSQL(pages_of_pgsql)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
