/* SPDX-License-Identifier: Apache-2.0 */
/* A database file and the log beside it: whether they belong together. */
#include "store.h"
#include "store/maintenance.h"

#include <fcntl.h>

static apr_status_t post(chat_tx_t *tx, void *baton)
{
    (void)baton;
    return put_message(NULL, tx, 0, 1, "hello");
}

/* The stamp in the header of FILE. */
static unsigned stamp(const char *file)
{
    unsigned char b[4] = {0};
    int fd = open(file, O_RDONLY);
    assert_int_equal(pread(fd, b, sizeof(b), 60), sizeof(b));
    close(fd);
    return (unsigned)b[0] << 24 | b[1] << 16 | b[2] << 8 | b[3];
}

/* Each start and each checkpoint make it larger; a backup has none. */
static void stamps(void **state)
{
    fixture_t *f = fixture(state);
    const char *copy = apr_pstrcat(f->pool, f->dir, "/copy.db", NULL), *why;
    unsigned first = stamp(f->database.file), last;
    assert_true(first >= 1 << 29 && first % 2 == 0);
    OK(chat_store_migrate(&f->database, -1, -1, &why, f->pool));
    assert_int_equal(stamp(f->database.file), first + 2);
    OK(chat_store_write(f->store, post, NULL));
    assert_int_equal(ask(f, "PRAGMA user_version"), first + 3);
    assert_int_equal(stamp(f->database.file), first + 2);
    for (int i = 0; i < 1100; i++)
        OK(chat_store_write(f->store, post, NULL));
    last = stamp(f->database.file);
    assert_true(last > first + 2 && last < first + 100);
    assert_int_equal(close(creat(copy, 0600)), 0);
    OK(chat_store_backup(f->store, copy));
    assert_int_equal(stamp(copy), 0);
}

/* Of a database as release 0.1 left it: not while others have it open. */
static void first_stamp(void **state)
{
    fixture_t *f = fixture(state);
    const char *why;
    apr_pool_t *pool;
    chat_source_t other;
    apr_pool_create(&pool, f->pool);
    OK(chat_source_single(&other, &f->database, &why, pool));
    assert_int_equal(system(apr_psprintf(f->pool,
                                         "sqlite3 %s 'PRAGMA user_version=0; PRAGMA "
                                         "wal_checkpoint(TRUNCATE)' >/dev/null",
                                         f->database.file)),
                     0);
    OK(chat_store_migrate(&f->database, -1, -1, &why, f->pool));
    assert_int_equal(stamp(f->database.file), 0);
    OK(chat_store_write(f->store, post, NULL));
    close_connections(f);
    apr_pool_destroy(pool);
    OK(chat_store_migrate(&f->database, -1, -1, &why, f->pool));
    assert_true(stamp(f->database.file) >= 1 << 29);
    assert_int_equal(ask(f, "SELECT count(*) FROM message"), 1);
}

/* What the database and its log are after a kill, for each thing put in place of one of
 * them: the start refuses it, writes nothing, and goes on when the log is gone. */
static void copied_over(void **state)
{
    fixture_t *f = fixture(state);
    const char *file = f->database.file, *why;
    static const struct {
        const char *copy; /* how it is made */
        int after;        /* messages that the database has without its log */
    } cases[] = {
        {"", 1}, /* by chatctl */
        {"sqlite3 %s \".backup '%s'\"", 1},
        {"sqlite3 %s \"VACUUM INTO '%s'\"", 1},
        {"cp %s %s", 0},
    };
    for (apr_size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        const char *copy = apr_psprintf(f->pool, "%s/copy%d.db", f->dir, (int)i);
        const char *same = apr_psprintf(f->pool, "cmp -s %s %s", copy, file);
        const char *put = apr_psprintf(f->pool, "cat %s >%s", copy, file);
        int before = (int)ask(f, "SELECT count(*) FROM message");
        OK(chat_store_write(f->store, post, NULL));
        if (*cases[i].copy)
            assert_int_equal(system(apr_psprintf(f->pool, cases[i].copy, file, copy)), 0);
        else {
            assert_int_equal(close(creat(copy, 0600)), 0);
            OK(chat_store_backup(f->store, copy));
        }
        OK(chat_store_migrate(&f->database, -1, -1, &why, f->pool));
        OK(chat_store_write(f->store, post, NULL));
        assert_false(chat_store_moved(f->store));
        assert_int_equal(system(put), 0);
        IS(chat_store_write(f->store, post, NULL), CHAT_LOST);
        assert_true(chat_store_moved(f->store));
        close_connections(f);
        assert_int_equal(system(same), 0);
        IS(chat_store_migrate(&f->database, -1, -1, &why, f->pool), CHAT_LOST);
        assert_non_null(strstr(why, "remove the -wal file"));
        assert_int_equal(system(same), 0);
        unlink(apr_pstrcat(f->pool, file, "-wal", NULL));
        OK(chat_store_migrate(&f->database, -1, -1, &why, f->pool));
        assert_int_equal(ask(f, "SELECT count(*) FROM message"), before + cases[i].after);
        assert_int_equal(ask(f, "SELECT count(*) FROM pragma_integrity_check WHERE "
                                "integrity_check = 'ok'"),
                         1);
        OK(chat_store_create(&f->store, &f->database, &f->source, &f->log, f->pool));
    }
}

static void copied_over_in_part(void **state)
{
    fixture_t *f = fixture(state);
    const char *copy = apr_pstrcat(f->pool, f->dir, "/copy.db", NULL), *why = "";
    OK(chat_store_write(f->store, post, NULL));
    assert_int_equal(close(creat(copy, 0600)), 0);
    OK(chat_store_backup(f->store, copy));
    assert_int_equal(
        system(apr_psprintf(f->pool, "head -c 5000 %s >%s", copy, f->database.file)), 0);
    assert_true(chat_store_moved(f->store));
    IS(chat_store_migrate(&f->database, -1, -1, &why, f->pool), CHAT_LOST);
}

/* Of a database in use, nothing is lost: who has it open still has it. */
static void log_deleted(void **state)
{
    fixture_t *f = fixture(state);
    const char *why = "";
    chat_source_t other;
    OK(chat_store_write(f->store, post, NULL));
    unlink(apr_pstrcat(f->pool, f->database.file, "-wal", NULL));
    IS(chat_source_single(&other, &f->database, &why, f->pool), CHAT_LOST);
    IS(chat_store_write(f->store, post, NULL), CHAT_LOST);
    close_connections(f);
    OK(chat_store_migrate(&f->database, -1, -1, &why, f->pool));
    assert_int_equal(ask(f, "SELECT count(*) FROM message"), 2);
}

/* The log of another database of ours, put beside it while it was stopped. */
static void log_of_another(void **state)
{
    fixture_t *f = fixture(state);
    chat_database_t other;
    const char *why = "", *file = apr_pstrcat(f->pool, f->dir, "/other.db", NULL);
    OK(chat_database_parse(&other, &why, "sqlite3", file, f->pool));
    OK(chat_store_migrate(&other, -1, -1, &why, f->pool));
    OK(chat_store_write(f->store, post, NULL));
    assert_int_equal(
        system(apr_psprintf(f->pool, "cp %s-wal %s-wal", f->database.file, file)), 0);
    IS(chat_store_migrate(&other, -1, -1, &why, f->pool), CHAT_LOST);
    assert_non_null(strstr(why, "-wal file"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_SQLITE(stamps),      ON_SQLITE(first_stamp),
        ON_SQLITE(copied_over), ON_SQLITE(copied_over_in_part),
        ON_SQLITE(log_deleted), ON_SQLITE(log_of_another),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
