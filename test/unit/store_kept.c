/* SPDX-License-Identifier: Apache-2.0 */
/* Rows that are kept in memory: a change of any program shows at once. */
#include "store.h"

#include <signal.h>
#include <sys/mman.h>

#define HASH "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

typedef struct work_t {
    apr_int64_t account, channel, message;
    apr_pool_t *pool;
    chat_identity_t who;
    chat_channel_t ch;
    chat_message_t m;
    apr_status_t end;
    int state;
} work_t;

static apr_status_t prepare(chat_tx_t *tx, void *baton)
{
    work_t *w = baton;
    w->account = new_account(tx, "ann", w->pool);
    w->channel = new_channel(tx, "den", 0, w->pool);
    return chat_account_set_token(tx, w->account, 1, HASH);
}

static apr_status_t look(chat_tx_t *tx, void *baton)
{
    work_t *w = baton;
    apr_status_t rv = chat_identity_by_token(&w->who, tx, HASH, w->pool);
    return rv == APR_SUCCESS
               ? chat_channel_by_name(&w->ch, tx, w->account, 1, "den", w->pool)
               : rv;
}

static apr_status_t ban(chat_tx_t *tx, void *baton)
{
    work_t *w = baton;
    apr_status_t rv =
        chat_account_set_state(tx, w->account, (chat_account_state_t)w->state, 0);
    return rv == APR_SUCCESS ? w->end : rv;
}

/* What a unit changed it sees itself, whatever is kept. */
static apr_status_t ban_and_look(chat_tx_t *tx, void *baton)
{
    work_t *w = baton;
    apr_status_t rv = look(tx, w), end = w->end;
    w->end = APR_SUCCESS;
    if (rv == APR_SUCCESS)
        rv = ban(tx, w);
    if (rv == APR_SUCCESS)
        rv = look(tx, w);
    w->end = end;
    return rv == APR_SUCCESS ? end : rv;
}

static apr_status_t ban_and_stay(chat_tx_t *tx, void *baton)
{
    work_t *w = baton;
    apr_status_t rv = ban(tx, w);
    __atomic_store_n(&w->ch.joined, 1, __ATOMIC_SEQ_CST);
    while (rv == APR_SUCCESS)
        pause();
    return rv;
}

static apr_status_t grant(chat_tx_t *tx, void *baton)
{
    work_t *w = baton;
    chat_membership_t m = {w->account, w->channel, CHAT_READ, 1};
    return chat_membership_put(tx, &m, 1000);
}

static apr_status_t leave(chat_tx_t *tx, void *baton)
{
    work_t *w = baton;
    return chat_membership_delete(tx, w->account, w->channel);
}

static apr_status_t drop_token(chat_tx_t *tx, void *baton)
{
    work_t *w = baton;
    return chat_account_drop_token(tx, w->account);
}

/* A site with an account and a channel that were looked at twice. */
static fixture_t *site(work_t *w, void **state)
{
    fixture_t *f = fixture(state);
    *w = (work_t){.pool = f->pool};
    OK(chat_store_write(f->store, prepare, w));
    OK(chat_store_write(f->store, look, w));
    OK(chat_store_read(f->store, look, w));
    assert_string_equal(w->who.name, "ann");
    assert_int_equal(w->who.id, w->account);
    assert_int_equal(w->who.state, CHAT_ACCOUNT_OPEN);
    assert_int_equal(w->ch.id, w->channel);
    assert_int_equal(w->ch.permissions, -1);
    assert_null(w->ch.description);
    return f;
}

/* Only what comes past the library does not show at once: so rows are kept at all. */
static void rows_are_kept(void **state)
{
    work_t w;
    fixture_t *f = site(&w, state);
    tell(f, "UPDATE account SET rank = 2");
    OK(chat_store_write(f->store, look, &w));
    assert_int_equal(w.who.rank, f->database.file ? 0 : 2);
    OK(chat_store_read(f->store, look, &w));
    assert_int_equal(w.who.rank, f->database.file ? 0 : 2);
}

/* The same on PostgreSQL, where triggers see every change. */
static void rows_are_kept_without_triggers(void **state)
{
    work_t w;
    fixture_t *f = site(&w, state);
    OK(tell(f, "ALTER TABLE account DISABLE TRIGGER rights_changed"));
    OK(tell(f, "UPDATE account SET rank = 2"));
    OK(chat_store_write(f->store, look, &w));
    assert_int_equal(w.who.rank, 0);
    OK(chat_store_read(f->store, look, &w));
    assert_int_equal(w.who.rank, 0);
    OK(tell(f, "ALTER TABLE account ENABLE TRIGGER rights_changed"));
    for (int i = 1; i <= 2; i++) { /* each commit counts once */
        OK(tell(f, "UPDATE account SET color = color + 1; UPDATE account SET color = 1; "
                   "DELETE FROM membership"));
        assert_int_equal(ask(f, "SELECT SUM(changes)::bigint FROM rights_version"),
                         i + 1);
    }
    OK(chat_store_read(f->store, look, &w));
    assert_int_equal(w.who.rank, 2);
}

static void changes_show(void **state)
{
    work_t w;
    fixture_t *f = site(&w, state);
    w.state = CHAT_ACCOUNT_BANNED;
    OK(chat_store_write(f->store, ban_and_look, &w));
    assert_int_equal(w.who.state, CHAT_ACCOUNT_BANNED);
    OK(chat_store_read(f->store, look, &w));
    assert_int_equal(w.who.state, CHAT_ACCOUNT_BANNED);
    OK(chat_store_write(f->store, grant, &w));
    OK(chat_store_read(f->store, look, &w));
    assert_int_equal(w.ch.permissions, CHAT_READ);
    OK(chat_store_write(f->store, leave, &w));
    OK(chat_store_read(f->store, look, &w));
    assert_int_equal(w.ch.permissions, -1);
    OK(chat_store_write(f->store, drop_token, &w));
    IS(chat_store_read(f->store, look, &w), CHAT_NOTFOUND);
    IS(chat_store_write(f->store, look, &w), CHAT_NOTFOUND);
}

/* What was undone was never true. */
static void undone_changes_do_not_show(void **state)
{
    work_t w;
    fixture_t *f = site(&w, state);
    w.state = CHAT_ACCOUNT_BANNED;
    w.end = CHAT_REFUSED;
    IS(chat_store_write(f->store, ban_and_look, &w), CHAT_REFUSED);
    assert_int_equal(w.who.state, CHAT_ACCOUNT_BANNED);
    OK(chat_store_read(f->store, look, &w));
    assert_int_equal(w.who.state, CHAT_ACCOUNT_OPEN);
    OK(chat_store_write(f->store, look, &w));
    assert_int_equal(w.who.state, CHAT_ACCOUNT_OPEN);
}

static int in_child(fixture_t *f, chat_work_fn work, work_t *w)
{
    int status = 0;
    close_connections(f);
    if (!fork())
        _exit(chat_store_create(&f->store, &f->database, &f->source, &f->log, f->pool) ||
              chat_store_write(f->store, work, w));
    assert_true(wait(&status) > 0);
    return status;
}

static void changes_of_another_program_show(void **state)
{
    work_t w;
    fixture_t *f = site(&w, state);
    w.state = CHAT_ACCOUNT_BANNED;
    assert_int_equal(in_child(f, ban, &w), 0);
    OK(chat_store_read(f->store, look, &w));
    assert_int_equal(w.who.state, CHAT_ACCOUNT_BANNED);
    assert_int_equal(in_child(f, drop_token, &w), 0);
    IS(chat_store_write(f->store, look, &w), CHAT_NOTFOUND);
}

/* A program is killed in the middle of a change: meanwhile and afterwards the database's
 * own rows count, and after the next write rows are kept again. */
static void killed_in_a_change(void **state)
{
    work_t w, *shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
                             MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    fixture_t *f = site(&w, state);
    pid_t child;
    int status;
    *shared = w;
    shared->state = CHAT_ACCOUNT_BANNED;
    shared->ch.joined = 0;
    close_connections(f);
    child = fork();
    if (!child) {
        if (!chat_store_create(&f->store, &f->database, &f->source, &f->log, f->pool))
            chat_store_write(f->store, ban_and_stay, shared);
        _exit(1);
    }
    while (!__atomic_load_n(&shared->ch.joined, __ATOMIC_SEQ_CST))
        usleep(1000);
    tell(f, "SELECT 1");
    OK(chat_store_read(f->store, look, &w));
    assert_int_equal(w.who.state, CHAT_ACCOUNT_OPEN);
    kill(child, SIGKILL);
    waitpid(child, &status, 0);
    tell(f, "UPDATE account SET rank = 1");
    OK(chat_store_read(f->store, look, &w));
    assert_int_equal(w.who.rank, 1);
    OK(chat_store_write(f->store, look, &w));
    tell(f, "UPDATE account SET rank = 2");
    OK(chat_store_read(f->store, look, &w));
    assert_int_equal(w.who.rank, 1);
    munmap(shared, sizeof(*shared));
}

static apr_status_t say(chat_tx_t *tx, void *baton)
{
    work_t *w = baton;
    return put_message(&w->message, tx, w->account, w->channel,
                       w->end ? "undone" : "hello");
}

static apr_status_t hear(chat_tx_t *tx, void *baton)
{
    work_t *w = baton;
    return chat_message_by_id(&w->m, tx, w->message, w->pool);
}

static apr_status_t say_and_hear(chat_tx_t *tx, void *baton)
{
    work_t *w = baton;
    apr_status_t rv = say(tx, w);
    if (rv == APR_SUCCESS)
        rv = hear(tx, w);
    return rv == APR_SUCCESS ? w->end : rv;
}

static apr_status_t edit_and_hear(chat_tx_t *tx, void *baton)
{
    work_t *w = baton;
    apr_status_t rv;
    w->m.body = "good bye";
    w->m.body_len = strlen(w->m.body);
    rv = chat_message_set_body(tx, &w->m, 3000);
    return rv == APR_SUCCESS ? hear(tx, w) : rv;
}

static apr_status_t remove_message(chat_tx_t *tx, void *baton)
{
    work_t *w = baton;
    return chat_message_set_deleted(tx, w->message, 4000);
}

/* Neither a new message nor a change of rights drops them; an edit and a deletion do. */
static void messages_are_kept(void **state)
{
    work_t w;
    fixture_t *f = site(&w, state);
    apr_int64_t first;
    OK(chat_store_write(f->store, say, &w));
    first = w.message;
    OK(chat_store_read(f->store, hear, &w));
    assert_string_equal(w.m.body, "hello");
    assert_string_equal(w.m.channel_name, "den");
    tell(f, "UPDATE message SET body = 'past the library'");
    OK(chat_store_write(f->store, say, &w));
    w.state = CHAT_ACCOUNT_BANNED;
    OK(chat_store_write(f->store, ban, &w));
    w.message = first;
    OK(chat_store_read(f->store, hear, &w));
    assert_string_equal(w.m.body, f->database.file ? "hello" : "past the library");
    assert_string_equal(w.m.channel_name, "den");
    assert_null(w.m.recipients);
    OK(chat_store_write(f->store, edit_and_hear, &w));
    assert_string_equal(w.m.body, "good bye");
    OK(chat_store_read(f->store, hear, &w));
    assert_string_equal(w.m.body, "good bye");
    OK(chat_store_write(f->store, remove_message, &w));
    OK(chat_store_read(f->store, hear, &w));
    assert_int_equal(w.m.deleted, 4000);
}

/* Its number is the next one's. */
static void an_undone_message_is_not_kept(void **state)
{
    work_t w;
    fixture_t *f = site(&w, state);
    apr_int64_t undone;
    w.end = CHAT_REFUSED;
    IS(chat_store_write(f->store, say_and_hear, &w), CHAT_REFUSED);
    assert_string_equal(w.m.body, "undone");
    undone = w.message;
    w.end = APR_SUCCESS;
    OK(chat_store_write(f->store, say, &w));
    assert_int_equal(w.message, undone);
    OK(chat_store_read(f->store, hear, &w));
    assert_string_equal(w.m.body, "hello");
}

static apr_status_t say_much(chat_tx_t *tx, void *baton)
{
    apr_status_t rv = APR_SUCCESS;
    for (int i = 0; rv == APR_SUCCESS && i < 5000; i++)
        rv = say(tx, baton);
    return rv;
}

static void messages_drop_no_rights(void **state)
{
    work_t w;
    fixture_t *f = site(&w, state);
    apr_time_t began;
    OK(chat_store_write(f->store, say_much, &w));
    do { /* again when it took so long that they were kept for long enough */
        began = apr_time_now();
        tell(f, "UPDATE account SET rank = 0");
        w.state = CHAT_ACCOUNT_OPEN;
        OK(chat_store_write(f->store, ban, &w));
        OK(chat_store_read(f->store, look, &w));
        for (int i = 0; i < 5000; i++, w.message--)
            OK(chat_store_read(f->store, hear, &w));
        w.message += 5000;
        tell(f, "UPDATE account SET rank = 2");
        OK(chat_store_read(f->store, look, &w));
    } while (apr_time_now() - began > apr_time_from_sec(4));
    assert_int_equal(w.who.rank, 0);
}

/* A read of rows that are kept works while no connection is free; its first statement
 * whose row is not waits for one, and fails like any. */
static void kept_rows_take_no_connection(void **state)
{
    work_t w;
    fixture_t *f = site(&w, state);
    connection_t *idle = f->idle;
    chat_tx_t *tx;
    OK(chat_store_write(f->store, say, &w));
    f->idle = NULL;
    f->max_connections = f->connections;
    OK(chat_store_begin(&tx, f->store, f->pool));
    OK(look(tx, &w));
    assert_string_equal(w.who.name, "ann");
    assert_string_equal(w.ch.name, "den");
    IS(hear(tx, &w), CHAT_BUSY);
    IS(hear(tx, &w), CHAT_BUSY);
    IS(chat_store_end(tx, CHAT_BUSY), CHAT_BUSY);
    f->idle = idle;
    OK(chat_store_begin(&tx, f->store, f->pool));
    OK(look(tx, &w));
    OK(hear(tx, &w));
    OK(look(tx, &w));
    OK(chat_store_end(tx, APR_SUCCESS));
    assert_string_equal(w.m.body, "hello");
}

/* Columns and values that have no room are read from the database each time. */
static apr_status_t describe(chat_tx_t *tx, void *baton)
{
    work_t *w = baton;
    chat_channel_t c = {.room = 1, .name = "long", .public = 1, .created = 1000};
    char *text = apr_palloc(w->pool, 1001);
    memset(text, 'x', 1000);
    text[1000] = '\0';
    c.uuid = new_uuid(w->pool);
    c.description = text;
    return chat_channel_insert(&w->channel, tx, &c, "long", 0);
}

static apr_status_t look_at_long(chat_tx_t *tx, void *baton)
{
    work_t *w = baton;
    char key[1000];
    memset(key, 'k', sizeof(key) - 1);
    key[sizeof(key) - 1] = '\0';
    if (chat_channel_by_name(&w->ch, tx, w->account, 1, key, w->pool) != CHAT_NOTFOUND)
        return CHAT_BUG;
    return chat_channel_by_name(&w->ch, tx, w->account, 1, "long", w->pool);
}

static void long_rows(void **state)
{
    work_t w;
    fixture_t *f = site(&w, state);
    OK(chat_store_write(f->store, describe, &w));
    for (int i = 0; i < 3; i++) {
        OK(chat_store_read(f->store, look_at_long, &w));
        assert_int_equal(w.ch.id, w.channel);
        assert_int_equal(strlen(w.ch.description), 1000);
    }
}

/* sql/compile.awk finds them out. */
static void statements_that_change_rights(void **state)
{
    static const chat_sql_id_t changing[] = {
        CHAT_SQL_account_set_state, CHAT_SQL_account_set_rank,
        CHAT_SQL_account_set_token, CHAT_SQL_account_drop_token,
        CHAT_SQL_account_close,     CHAT_SQL_membership_put,
        CHAT_SQL_membership_delete, CHAT_SQL_membership_delete_account,
        CHAT_SQL_channel_delete,
    };
    static const chat_sql_id_t others[] = {
        CHAT_SQL_message_insert, CHAT_SQL_event_insert,      CHAT_SQL_message_delete,
        CHAT_SQL_session_touch,  CHAT_SQL_room_counter_set,  CHAT_SQL_tx_commit,
        CHAT_SQL_channel_joined, CHAT_SQL_identity_by_token, CHAT_SQL_post_insert,
    };
    (void)state;
    for (size_t i = 0; i < COUNT(changing); i++)
        assert_true(chat_sql_table[changing[i]].changes_kept);
    for (size_t i = 0; i < COUNT(others); i++)
        assert_false(chat_sql_table[others[i]].changes_kept);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(rows_are_kept),
        ON_PGSQL(rows_are_kept_without_triggers),
        ON_BOTH(changes_show),
        ON_BOTH(undone_changes_do_not_show),
        ON_SQLITE(changes_of_another_program_show),
        ON_SQLITE(killed_in_a_change),
        ON_BOTH(messages_are_kept),
        ON_BOTH(an_undone_message_is_not_kept),
        ON_SQLITE(messages_drop_no_rights),
        ON_SQLITE(kept_rows_take_no_connection),
        ON_BOTH(long_rows),
        cmocka_unit_test(statements_that_change_rights),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
