/* SPDX-License-Identifier: Apache-2.0 */
/* What a database goes through besides requests: creation, migration, checks, cleaning,
 * copies, changes by others. */
#include "store.h"
#include "store/check.h"
#include "store/db_sqlite.h"
#include "store/maintenance.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>

static void names(void **state)
{
    static const struct {
        const char *driver, *params, *file; /* file NULL and not pgsql: refused */
    } cases[] = {
        {"sqlite3", "/var/lib/chat.db", "/var/lib/chat.db"},
        {"sqlite3", "file:/a/b.db?mode=rw", "/a/b.db"},
        {"sqlite3", "file:///a/b.db#x", "/a/b.db"},
        {"sqlite3", "file://localhost/a/b.db", "/a/b.db"},
        {"sqlite3", "file://localhost", NULL},
        {"sqlite3", "chat.db", NULL},
        {"sqlite3", "file:chat.db", NULL},
        {"sqlite3", ":memory:", NULL},
        {"sqlite3", "", NULL},
        {"mysql", "/a", NULL},
        {"pgsql", "host=/run/postgresql", NULL},
    };
    fixture_t *f = fixture(state);

    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *why = NULL, *file = cases[i].file;
        int good = file || !strcmp(cases[i].driver, "pgsql");
        chat_database_t d;
        IS(chat_database_parse(&d, &why, cases[i].driver, cases[i].params, f->pool),
           good ? APR_SUCCESS : CHAT_MALFORMED);
        if (!good)
            assert_non_null(why);
        else if (file)
            assert_string_equal(d.file, file);
        else
            assert_null(d.file);
    }
}

static void new_file(void **state)
{
    fixture_t *f = fixture(state);
    struct stat st;
    const char *why;
    assert_int_equal(stat(f->database.file, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0640 & ~umask(umask(0)));
    assert_int_equal(ask(f, "SELECT count(*) FROM pragma_journal_mode WHERE "
                            "journal_mode = 'wal'"),
                     1);
    assert_int_equal(stat(apr_pstrcat(f->pool, f->database.file, ".lock", NULL), &st), 0);
    /* once more changes nothing */
    OK(chat_store_migrate(&f->database, -1, -1, &why, f->pool));
    assert_int_equal(ask(f, "SELECT count(*) FROM chatroom"), 1);
}

static void latest_version(void **state)
{
    fixture_t *f = fixture(state);
    int latest = 0;
    for (const chat_sql_step_t *s = f->database.file ? chat_sql_schema_sqlite
                                                     : chat_sql_schema_pgsql;
         s->step; s++)
        latest = s->step;
    assert_int_equal(ask(f, "SELECT version FROM schema_version"), latest);
    assert_int_equal(ask(f, "SELECT count(*) FROM channel WHERE name = 'default'"), 1);
}

static void newer_version(void **state)
{
    fixture_t *f = fixture(state);
    const char *why = "";
    OK(tell(f, "UPDATE schema_version SET version = 9999"));
    IS(chat_store_migrate(&f->database, -1, -1, &why, f->pool), CHAT_TOOBIG);
    assert_non_null(strstr(why, "9999"));
}

/* An older SQLite is refused with a sentence, not with a syntax error of the schema. */
static void old_sqlite(void **state)
{
    fixture_t *f = fixture(state);
    chat_db_t *db = apr_pcalloc(f->pool, sizeof(*db));
    OK(chat_sqlite_check_version(db, 3037000));
    IS(chat_sqlite_check_version(db, 3034001), CHAT_BROKEN);
    assert_string_equal(db->error,
                        "SQLite 3.34.1 is too old: DBDriver sqlite3 needs 3.37 "
                        "or later; DBDriver pgsql does not");
}

/* A step that fails leaves the version and everything else as it was. */
static void failing_step(void **state)
{
    fixture_t *f = fixture(state);
    const char *why = "";
    OK(tell(f, "UPDATE schema_version SET version = 0"));
    IS(chat_store_migrate(&f->database, -1, -1, &why, f->pool), CHAT_BROKEN);
    assert_non_null(strstr(why, "already exists"));
    assert_null(strchr(why, '\n'));
    assert_int_equal(ask(f, "SELECT version FROM schema_version"), 0);
}

/* Several servers start at once on an empty database. */
static void side_by_side(void **state)
{
    fixture_t *f = fixture(state);
    int status;
    if (f->database.file)
        f->database.file = f->database.params =
            apr_pstrcat(f->pool, f->dir, "/new", NULL);
    else
        OK(tell(f, "DROP SCHEMA public CASCADE") || tell(f, "CREATE SCHEMA public"));
    close_connections(f);
    for (int i = 0; i < 4; i++) {
        if (!fork()) {
            const char *why = "";
            apr_status_t rv = chat_store_migrate(&f->database, -1, -1, &why, f->pool);
            if (rv)
                fprintf(stderr, "migration: %s\n", why);
            _exit(rv != APR_SUCCESS);
        }
    }
    for (int i = 0; i < 4; i++) {
        assert_true(wait(&status) > 0);
        assert_int_equal(status, 0);
    }
    assert_int_equal(ask(f, "SELECT count(*) FROM chatroom"), 1);
}

static void no_log(void **state)
{
    fixture_t *f = fixture(state);
    chat_database_t d;
    const char *why = "";
    OK(chat_database_parse(&d, &why, "sqlite3",
                           apr_psprintf(f->pool, "file:%s/x.db?vfs=unix-none", f->dir),
                           f->pool));
    IS(chat_store_migrate(&d, -1, -1, &why, f->pool), CHAT_BROKEN);
    assert_non_null(strstr(why, "write-ahead log"));
}

static void no_folder(void **state)
{
    fixture_t *f = fixture(state);
    chat_database_t d;
    chat_source_t source;
    const char *why = "";
    OK(chat_database_parse(&d, &why, "sqlite3", "/nowhere/at/all/chat.db", f->pool));
    assert_true(APR_STATUS_IS_ENOENT(chat_store_migrate(&d, -1, -1, &why, f->pool)));
    assert_non_null(strstr(why, "/nowhere/at/all/chat.db"));
    IS(chat_source_single(&source, &d, &why, f->pool), CHAT_NOTFOUND);
}

static apr_status_t post(chat_tx_t *tx, void *baton)
{
    (void)baton;
    return put_message(NULL, tx, 0, 1, "hello");
}

/* Made by root, used by the run user. */
static void owner(void **state)
{
    enum { NOBODY = 65534 };
    static const char *const files[] = {"chat.db", "chat.db.lock", "chat.db-wal",
                                        "chat.db-shm"};
    fixture_t *f = fixture(state);
    const char *why = "";
    struct stat st;
    int status;

    if (geteuid() != 0)
        skip();
    for (size_t i = 0; i < COUNT(files); i++)
        unlink(apr_psprintf(f->pool, "%s/%s", f->dir, files[i]));
    assert_int_equal(chown(f->dir, NOBODY, NOBODY), 0);
    OK(chat_store_migrate(&f->database, NOBODY, NOBODY, &why, f->pool));
    OK(chat_store_create(&f->store, &f->database, &f->source, &f->log, f->pool));
    OK(chat_store_write(f->store, post, NULL)); /* by root */
    for (size_t i = 0; i < COUNT(files); i++) {
        const char *path = apr_psprintf(f->pool, "%s/%s", f->dir, files[i]);
        assert_int_equal(lstat(path, &st), 0);
        assert_int_equal(st.st_uid, NOBODY);
        assert_int_equal(st.st_mode & 07, 0);
    }
    close_connections(f);
    if (!fork()) {
        fixture_t g = *f;
        g.idle = NULL;
        if (setgid(NOBODY) || setuid(NOBODY) ||
            chat_store_create(&g.store, &g.database,
                              &(chat_source_t){take_connection, give_connection, &g},
                              &g.log, g.pool))
            _exit(1);
        _exit(chat_store_write(g.store, post, NULL) != APR_SUCCESS);
    }
    assert_true(wait(&status) > 0);
    assert_int_equal(status, 0);
    assert_int_equal(ask(f, "SELECT count(*) FROM message"), 2);
}

/* Statements that are prepared already live through a change of the schema. */
static void altered_by_others(void **state)
{
    fixture_t *f = fixture(state);
    chat_tx_t *tx = begin(f);
    chat_account_t a;
    new_account(tx, "ann", f->pool);
    commit(f);
    for (int i = 0; i < 3; i++) {
        tx = begin(f);
        OK(chat_account_by_name(&a, tx, 1, "ann", f->pool));
        new_account(tx, apr_psprintf(f->pool, "n%d", i), f->pool);
        commit(f);
        OK(tell(f,
                apr_psprintf(f->pool, "ALTER TABLE account ADD COLUMN more%d TEXT", i)));
    }
    assert_int_equal(f->connections, 1);
}

/* Everything OLD seconds old that there is too much of. */
static void fill(fixture_t *f, int rows, apr_int64_t old)
{
    chat_tx_t *tx = begin(f);
    chat_outbox_item_t o = {.room = 1, .kind = 1, .payload = "x", .done = 1};
    apr_int64_t id;
    for (int i = 0; i < rows; i++) {
        OK(put_message(&id, tx, 0, 1, "old"));
        OK(chat_once_insert(tx, apr_psprintf(f->pool, "k%d", i), "h", 1, 1));
    }
    OK(chat_outbox_insert(&id, tx, &o));
    commit(f);
    for (int i = 0; i < 2; i++)
        OK(tell(f,
                apr_psprintf(f->pool,
                             "UPDATE %s SET created_at = created_at - %" APR_INT64_T_FMT,
                             i ? "event" : "message", apr_time_from_sec(old))));
}

static void cleaning(void **state)
{
    fixture_t *f = fixture(state);
    const chat_terms_t mild = {.events = 2000}, strict = {.events = 500, .messages = 900};
    apr_int64_t before, left;
    int more = 1, pieces = 0;
    fill(f, 1200, 1000);
    OK(chat_store_write(f->store, post, NULL));
    /* nothing is old enough but the keys and the outbox */
    before = ask(f, "SELECT count(*) FROM event");
    OK(chat_store_clean(&more, NULL, f->store, &mild));
    assert_int_equal(ask(f, "SELECT count(*) FROM event"), before);
    assert_int_equal(ask(f, "SELECT count(*) FROM message"), before);
    assert_int_equal(ask(f, "SELECT count(*) FROM outbox"), 0);
    for (; more; pieces++) {
        left = ask(f, "SELECT count(*) FROM event");
        OK(chat_store_clean(&more, NULL, f->store, &strict));
        assert_true(left - ask(f, "SELECT count(*) FROM event") <= 500);
    }
    assert_in_range(pieces, 3, 4);
    assert_int_equal(ask(f, "SELECT count(*) FROM event"), 1);
    assert_int_equal(ask(f, "SELECT count(*) FROM message"), 1);
    assert_int_equal(ask(f, "SELECT count(*) FROM idempotency"), 0);
    assert_int_equal(f->lines, 0);
}

typedef struct counted_t {
    chat_source_t source;
    int before, most; /* rows that one unit changed */
} counted_t;

static apr_status_t counted_acquire(chat_db_t **db, void **lease,
                                    apr_interval_time_t wait, void *baton)
{
    (void)wait;
    counted_t *c = baton;
    apr_status_t rv = c->source.acquire(db, lease, 0, c->source.baton);
    c->before = rv == APR_SUCCESS ? sqlite3_total_changes((*db)->native) : 0;
    *lease = *db;
    return rv;
}

static void counted_release(void *lease, void *baton)
{
    counted_t *c = baton;
    chat_db_t *db = lease;
    int rows = sqlite3_total_changes(db->native) - c->before;
    c->most = rows > c->most ? rows : c->most;
}

/* However much is due, a writer waits for one unit of bounded size. */
static void cleaning_in_units(void **state)
{
    fixture_t *f = fixture(state);
    const chat_terms_t strict = {.events = 500, .messages = 900};
    counted_t counted = {.most = 0};
    const chat_source_t source = {counted_acquire, counted_release, &counted};
    chat_store_t *store;
    const char *why;
    int more = 1;
    fill(f, 1200, 1000);
    OK(chat_source_single(&counted.source, &f->database, &why, f->pool));
    OK(chat_store_create(&store, &f->database, &source, &f->log, f->pool));
    while (more)
        OK(chat_store_clean(&more, NULL, store, &strict));
    /* with the notes that the index of the search gets of messages */
    assert_int_equal(counted.most, 2 * 500);
    assert_int_equal(ask(f, "SELECT (SELECT count(*) FROM event) + (SELECT count(*) FROM "
                            "message) + (SELECT count(*) FROM idempotency)"),
                     0);
}

static apr_status_t begin_session(chat_tx_t *tx, void *baton)
{
    const chat_session_t *s = baton;
    return chat_session_insert(tx, s);
}

/* Sessions go by their last use, in pieces; without a term none goes. */
static void cleaning_sessions(void **state)
{
    const chat_terms_t none = {.events = 3600}, hour = {.events = 3600, .sessions = 3600};
    fixture_t *f = fixture(state);
    chat_tx_t *tx = begin(f);
    chat_session_t s = {.account = new_account(tx, "ann", f->pool), .dialect = 1};
    int more, pieces = 0;
    commit(f);
    for (int i = 0; i < 603; i++) {
        int minutes = i < 600 ? 61 : 59;
        s.hash = apr_psprintf(f->pool, "%064d", i);
        s.created = apr_time_now() - apr_time_from_sec(86400);
        s.used = apr_time_now() - apr_time_from_sec(minutes * 60);
        OK(chat_store_write(f->store, begin_session, &s));
    }
    OK(chat_store_clean(&more, NULL, f->store, &none));
    assert_int_equal(ask(f, "SELECT count(*) FROM session"), 603);
    for (more = 1; more; pieces++)
        OK(chat_store_clean(&more, NULL, f->store, &hour));
    assert_int_equal(pieces, 2);
    assert_int_equal(ask(f, "SELECT count(*) FROM session"), 3);
    assert_int_equal(f->lines, 0);
}

static void damage(void **state)
{
    static const struct {
        const char *sql, *finding;
    } cases[] = {
        {"DELETE FROM event",
         "message: 2 rows (1099511627777, 1099511627778): of the last hour, and has no "
         "event; connected clients did not get it: they do when they load the channel "
         "again\n"},
        {"UPDATE chatroom SET last_number = 1",
         "chatroom: 1 row (1): messages or events have numbers above its last_number; "
         "writes to it fail: restore a backup\n"},
        {"UPDATE message SET created_at = 5 WHERE id = 1099511627778",
         "message: 1 row (1099511627778): the time is not above that of the message "
         "before; clients that ask by time may miss it: restore a backup, or delete "
         "it\n"},
        {"UPDATE message SET recipients = 'ben' WHERE id = 1099511627777",
         "message: 1 row (1099511627777): direct, and has no reader; delete it, or "
         "restore a backup\n"},
    };
    fixture_t *f = fixture(state);
    const char *findings;

    for (size_t i = 0; i < COUNT(cases); i++) {
        OK(tell(f, "DELETE FROM event") || tell(f, "DELETE FROM message") ||
           tell(f, "UPDATE chatroom SET last_number = 0"));
        OK(chat_store_write(f->store, post, NULL));
        OK(chat_store_write(f->store, post, NULL));
        OK(chat_store_check(&findings, f->store, 1, f->pool));
        assert_string_equal(findings, "");
        OK(tell(f, cases[i].sql));
        OK(chat_store_check(&findings, f->store, 1, f->pool));
        assert_string_equal(findings, cases[i].finding);
    }
}

/* However many rows are damaged, ten of a kind are named. */
static void damaged_texts(void **state)
{
    fixture_t *f = fixture(state);
    const char *findings;
    for (int i = 0; i < 12; i++)
        OK(chat_store_write(f->store, post, NULL));
    OK(tell(f, "UPDATE message SET body = CAST(x'61ff62' AS TEXT)"));
    OK(tell(f, "UPDATE channel SET name = CAST(x'c0af' AS TEXT) WHERE id = 1"));
    OK(chat_store_check(&findings, f->store, 1, f->pool));
    assert_string_equal(
        findings,
        "channel.name: 1 row (1): not valid UTF-8; readers get U+FFFD for the wrong "
        "bytes: write the text again, or restore a backup\n"
        "message.body: 12 rows (1099511627777, 1099511627778, 1099511627779, "
        "1099511627780, 1099511627781, 1099511627782, 1099511627783, 1099511627784, "
        "1099511627785, 1099511627786, ...): not valid UTF-8; readers get U+FFFD for the "
        "wrong bytes: write the text again, or restore a backup\n");
}

static void damage_below(void **state)
{
    fixture_t *f = fixture(state);
    const char *findings;
    char rubbish[64] = {0x7f};
    apr_int64_t offset;
    sqlite3 *raw;
    int fd;
    /* a connection that is not ours does not look at foreign keys */
    assert_int_equal(sqlite3_open(f->database.file, &raw), SQLITE_OK);
    assert_int_equal(sqlite3_exec(raw,
                                  "INSERT INTO session (hash, account_id, dialect, "
                                  "created_at, used_at) VALUES ('h', 4711, 1, 1, 1)",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    sqlite3_close(raw);
    OK(chat_store_check(&findings, f->store, 1, f->pool));
    assert_string_equal(findings,
                        "session of account: 1 row (4711): refers to a row that is "
                        "missing; delete it, or restore a backup\n");
    offset =
        ask(f, "SELECT rootpage FROM sqlite_master WHERE name = 'session_by_account'");
    offset = (offset - 1) * ask(f, "SELECT page_size FROM pragma_page_size");
    close_connections(f); /* the last one takes the log along */
    fd = open(f->database.file, O_WRONLY);
    assert_int_equal(pwrite(fd, rubbish, sizeof(rubbish), offset + 8), sizeof(rubbish));
    close(fd);
    assert_true(chat_store_check(&findings, f->store, 1, f->pool) != APR_SUCCESS ||
                strstr(findings, "session_by_account"));
}

typedef struct writer_t {
    fixture_t *f;
    int stop, written;
    apr_status_t rv;
} writer_t;

static void *keep_writing(void *baton)
{
    writer_t *w = baton;
    while (!__atomic_load_n(&w->stop, __ATOMIC_SEQ_CST) && w->rv == APR_SUCCESS) {
        w->rv = chat_store_write(w->f->store, post, NULL);
        __atomic_add_fetch(&w->written, 1, __ATOMIC_SEQ_CST);
    }
    return NULL;
}

static void backup(void **state)
{
    fixture_t *f = fixture(state);
    writer_t w = {.f = f};
    const char *file = apr_pstrcat(f->pool, f->dir, "/copy.db", NULL), *findings;
    fixture_t copy = *f;
    pthread_t thread;
    int before;
    pthread_mutex_init(&copy.mutex, NULL);
    copy.database.file = copy.database.params = file;
    copy.idle = NULL;
    copy.source.baton = &copy;
    pthread_create(&thread, NULL, keep_writing, &w);
    while (__atomic_load_n(&w.written, __ATOMIC_SEQ_CST) < 100)
        usleep(1000);
    for (int i = 0; i < 5; i++) {
        before = __atomic_load_n(&w.written, __ATOMIC_SEQ_CST);
        assert_int_equal(close(creat(file, 0600)), 0);
        OK(chat_store_backup(f->store, file));
        OK(chat_store_create(&copy.store, &copy.database, &copy.source, &copy.log,
                             f->pool));
        OK(chat_store_check(&findings, copy.store, 1, f->pool));
        assert_string_equal(findings, "");
        assert_true(ask(&copy, "SELECT count(*) FROM message") >= before);
        assert_true(ask(&copy, "SELECT count(*) FROM message") ==
                    ask(&copy, "SELECT last_number FROM chatroom"));
        close_connections(&copy);
        unlink(file);
    }
    __atomic_store_n(&w.stop, 1, __ATOMIC_SEQ_CST);
    pthread_join(thread, NULL);
    OK(w.rv);
    IS(chat_store_backup(f->store, "/nowhere/at/all"), CHAT_BROKEN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_SQLITE(names),
        ON_SQLITE(new_file),
        ON_BOTH(latest_version),
        ON_BOTH(newer_version),
        ON_SQLITE(old_sqlite),
        ON_BOTH(failing_step),
        ON_BOTH(side_by_side),
        ON_SQLITE(no_log),
        ON_SQLITE(no_folder),
        ON_SQLITE(owner),
        ON_BOTH(altered_by_others),
        ON_BOTH(cleaning),
        ON_SQLITE(cleaning_in_units),
        ON_BOTH(cleaning_sessions),
        ON_BOTH(damage),
        ON_SQLITE(damaged_texts),
        ON_SQLITE(damage_below),
        ON_SQLITE(backup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
