/* SPDX-License-Identifier: Apache-2.0 */
/* Steps of the schema that are interrupted at every statement. */
#include "store.h"

#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

static int
    statements_left; /* until die(); SQLite's hook for new connections has no baton */

static int die(unsigned what, void *baton, void *statement, void *text)
{
    (void)what, (void)baton, (void)statement, (void)text;
    if (!--statements_left)
        _exit(1);
    return 0;
}

static int watch(sqlite3 *db)
{
    return sqlite3_trace_v2(db, SQLITE_TRACE_STMT, die, NULL);
}

/* A new FILE with schema VERSION; of 0 there is none. */
static void put_file(const char *file, int version, apr_pool_t *pool)
{
    sqlite3 *db;
    static const char *const ends[] = {"", "-wal", "-shm", ".lock"};
    for (size_t i = 0; i < COUNT(ends); i++)
        unlink(apr_pstrcat(pool, file, ends[i], NULL));
    if (!version)
        return;
    assert_int_equal(sqlite3_open(file, &db), SQLITE_OK);
    OK(sqlite3_exec(db,
                    "PRAGMA synchronous=OFF; BEGIN; CREATE TABLE schema_version (version "
                    "BIGINT NOT NULL)",
                    NULL, NULL, NULL));
    for (const chat_sql_step_t *s = chat_sql_schema_sqlite; s->step; s++) {
        if (s->step <= version)
            OK(sqlite3_exec(db, s->text, NULL, NULL, NULL));
    }
    OK(sqlite3_exec(
        db, apr_psprintf(pool, "INSERT INTO schema_version VALUES (%d); COMMIT", version),
        NULL, NULL, NULL));
    sqlite3_close(db);
}

/* Whatever statement of an upgrade is the last of its process, the next start ends it:
 * from nothing, which runs every step, and from the schema of 0.1. */
static void interrupted(void **state)
{
    fixture_t *f = fixture(state);
    chat_database_t d = f->database;
    const char *why = "";
    int latest = ask(f, "SELECT version FROM schema_version"), status, version, known;
    d.file = d.params = apr_pstrcat(f->pool, f->dir, "/interrupted.db", NULL);
    const int froms[] = {0, 6};
    for (size_t i = 0; i < COUNT(froms); i++) {
        int from = froms[i];
        statements_left = 0;
        do {
            int last = statements_left + 1;
            put_file(d.file, from, f->pool);
            if (!fork()) {
                statements_left = last;
                sqlite3_auto_extension((void (*)(void))watch);
                _exit(chat_store_migrate(&d, -1, -1, &why, f->pool) ? 2 : 0);
            }
            statements_left = last;
            assert_true(wait(&status) > 0);
            assert_true(WEXITSTATUS(status) < 2);
            OK(chat_store_migrate(&d, -1, -1, &why, f->pool));
            OK(chat_store_look(&version, &known, &d, &why, f->pool));
            assert_int_equal(version, latest);
        } while (status);
        assert_true(statements_left > latest - from);
    }
}

/* The same on PostgreSQL, from nothing: the server ends the session at statement LAST
 * that changes a table's shape, with all that was done since the one before it. Nothing
 * is left of it, and the next start goes one statement further, until one gets through.
 */
static void interrupted_session(void **state)
{
    fixture_t *f = fixture(state);
    const char *why = "";
    int latest = ask(f, "SELECT version FROM schema_version"), last = 0;
    apr_status_t rv;
    close_connections(f);
    OK(tell(f, "DROP SCHEMA public CASCADE"));
    OK(tell(f, "CREATE SCHEMA public"));
    OK(tell(f, "CREATE SCHEMA killer"));
    OK(tell(f, "CREATE TABLE killer.last (n BIGINT)"));
    OK(tell(f, "INSERT INTO killer.last VALUES (0)"));
    OK(tell(f, "CREATE SEQUENCE killer.seen"));
    OK(tell(f, "CREATE FUNCTION killer.kill() RETURNS event_trigger LANGUAGE plpgsql "
               "AS $$ BEGIN IF nextval('killer.seen') = (SELECT n FROM killer.last) THEN "
               "PERFORM pg_terminate_backend(pg_backend_pid()); END IF; END $$"));
    OK(tell(f, "CREATE EVENT TRIGGER kill ON ddl_command_start "
               "EXECUTE FUNCTION killer.kill()"));
    do {
        OK(tell(f, "UPDATE killer.last SET n = n + 1; "
                   "SELECT setval('killer.seen', 1, false)"));
        last++;
        rv = chat_store_migrate(&f->database, -1, -1, &why, f->pool);
        assert_int_equal(rv != APR_SUCCESS,
                         !ask(f, "SELECT count(*) FROM pg_class "
                                 "WHERE relnamespace = 'public'::regnamespace"));
    } while (rv != APR_SUCCESS);
    assert_int_equal(ask(f, "SELECT version FROM schema_version"), latest);
    assert_true(last > 10 * latest);
    OK(tell(f, "DROP EVENT TRIGGER kill"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {ON_SQLITE(interrupted),
                                       ON_PGSQL(interrupted_session)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
