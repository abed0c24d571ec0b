/* SPDX-License-Identifier: Apache-2.0 */
/* Units of work: what is undone, what runs again, and numbers under concurrent writers.
 */
#include "store.h"
#include "store/check.h"
#include "store/maintenance.h"

#define THREADS 8
#define WRITES 25 /* of each thread */

typedef struct job_t {
    fixture_t *f;
    apr_int64_t author, channel;
    const char *body;
    apr_status_t end; /* what the unit returns */
    int runs;
    apr_int64_t id, number;
} job_t;

static apr_status_t post(chat_tx_t *tx, void *baton)
{
    job_t *j = baton;
    apr_status_t rv = put_message(&j->id, tx, j->author, 1, j->body);
    j->runs++;
    return rv == APR_SUCCESS ? j->end : rv;
}

static apr_int64_t author(fixture_t *f)
{
    chat_tx_t *tx = begin(f);
    apr_int64_t id = new_account(tx, "ann", f->pool);
    commit(f);
    return id;
}

static void written(void **state)
{
    fixture_t *f = fixture(state);
    job_t j = {.author = author(f), .body = "hello"};
    OK(chat_store_write(f->store, post, &j));
    assert_int_equal(j.runs, 1);
    assert_int_equal(CHAT_ROW_ROOM(j.id), 1);
    assert_int_equal(CHAT_ROW_NUMBER(j.id), 1);
    assert_int_equal(ask(f, "SELECT count(*) FROM message"), 1);
    assert_int_equal(ask(f, "SELECT count(*) FROM event"), 1);
    assert_int_equal(ask(f, "SELECT last_number FROM chatroom"), 1);
    assert_int_equal(f->lines, 0);
}

/* A refused unit leaves no row, no event and no gap in the numbers. */
static void refused(void **state)
{
    static const apr_status_t ends[] = {CHAT_REFUSED, CHAT_NOTFOUND, CHAT_BUG};
    fixture_t *f = fixture(state);
    job_t j = {.author = author(f), .body = "hello"};
    for (size_t i = 0; i < COUNT(ends); i++) {
        j.end = ends[i];
        IS(chat_store_write(f->store, post, &j), ends[i]);
    }
    assert_int_equal(f->lines, 1); /* of the bug */
    assert_int_equal(ask(f, "SELECT count(*) FROM message"), 0);
    assert_int_equal(ask(f, "SELECT last_number FROM chatroom"), 0);
    j.end = APR_SUCCESS;
    OK(chat_store_write(f->store, post, &j));
    assert_int_equal(CHAT_ROW_NUMBER(j.id), 1);
}

static apr_status_t foreign(chat_tx_t *tx, void *baton)
{
    job_t *j = baton;
    j->runs++;
    return put_message(&j->id, tx, 4711, 1, "nobody said this");
}

static void failed_statement(void **state)
{
    fixture_t *f = fixture(state);
    job_t j = {0};
    IS(chat_store_write(f->store, foreign, &j), CHAT_BUG);
    assert_int_equal(f->lines, 1);
    assert_non_null(strstr(f->last, "CHAT0201"));
    assert_int_equal(ask(f, "SELECT last_number FROM chatroom"), 0);
    j.author = author(f);
    OK(chat_store_write(f->store, post, &(job_t){.author = j.author, .body = "x"}));
}

static apr_status_t unknown_room(chat_tx_t *tx, void *baton)
{
    apr_int64_t number;
    apr_time_t now;
    (void)baton;
    return chat_tx_number(&number, &now, tx, 99);
}

static void room_that_is_not(void **state)
{
    fixture_t *f = fixture(state);
    IS(chat_store_write(f->store, unknown_room, NULL), CHAT_NOTFOUND);
    assert_int_equal(f->lines, 0);
}

/* More chatrooms in one unit than the counters that are kept. */
static apr_status_t many_rooms(chat_tx_t *tx, void *baton)
{
    job_t *j = baton;
    apr_int64_t number, rooms = 3 * CHAT_TX_ROOMS;
    apr_time_t now;
    for (apr_int64_t i = 0; i < 2 * rooms; i++) {
        apr_status_t rv = chat_tx_number(&number, &now, tx, 1 + i % rooms);
        if (rv != APR_SUCCESS)
            return rv;
        if (number != 1 + i / rooms)
            return CHAT_BUG;
    }
    return j->end;
}

static void counters_of_many_rooms(void **state)
{
    fixture_t *f = fixture(state);
    chat_tx_t *tx = begin(f);
    apr_int64_t id;
    for (int i = 1; i < 3 * CHAT_TX_ROOMS; i++)
        OK(chat_room_insert(&id, tx, new_uuid(f->pool), "room", 1));
    commit(f);
    IS(chat_store_write(f->store, many_rooms, &(job_t){.end = CHAT_REFUSED}),
       CHAT_REFUSED);
    assert_int_equal(ask(f, "SELECT max(last_number) FROM chatroom"), 0);
    OK(chat_store_write(f->store, many_rooms, &(job_t){0}));
    assert_int_equal(ask(f, "SELECT min(last_number) FROM chatroom"), 2);
    assert_int_equal(ask(f, "SELECT max(last_number) FROM chatroom"), 2);
}

/* Times rise with numbers, also when the clock stands or goes back. */
static apr_status_t two_times(chat_tx_t *tx, void *baton)
{
    apr_time_t *t = baton;
    apr_int64_t n;
    apr_status_t rv = chat_tx_number(&n, &t[0], tx, 1);
    return rv == APR_SUCCESS ? chat_tx_number(&n, &t[1], tx, 1) : rv;
}

static void times_rise(void **state)
{
    fixture_t *f = fixture(state);
    apr_time_t t[2], future = apr_time_now() + apr_time_from_sec(50);
    OK(chat_store_write(f->store, two_times, t));
    assert_true(t[1] > t[0]);
    OK(tell(f, apr_psprintf(f->pool, "UPDATE chatroom SET last_time = %" APR_TIME_T_FMT,
                            future)));
    OK(chat_store_write(f->store, two_times, t));
    assert_true(t[0] == future + 1);
    assert_true(t[1] == future + 2);
}

static apr_status_t peek(chat_tx_t *tx, void *baton)
{
    job_t *j = baton;
    chat_room_t room;
    apr_status_t rv = chat_room_by_id(&room, tx, 1, j->f->pool);
    j->number = room.last_number;
    return rv == APR_SUCCESS ? j->end : rv;
}

static void reading(void **state)
{
    fixture_t *f = fixture(state);
    job_t j = {.f = f};
    OK(chat_store_read(f->store, peek, &j));
    assert_int_equal(j.number, 0);
    j.end = CHAT_REFUSED;
    IS(chat_store_read(f->store, peek, &j), CHAT_REFUSED);
    j.end = CHAT_NOTFOUND;
    IS(chat_store_read(f->store, peek, &j), CHAT_NOTFOUND);
    j.end = APR_SUCCESS;
    OK(chat_store_read(f->store, peek, &j));
    assert_int_equal(f->lines, 0);
}

/* Both looks of a reading unit see the same, whatever is committed in between. */
static apr_status_t two_looks(chat_tx_t *tx, void *baton)
{
    job_t *j = baton, w = {.author = j->author, .body = "in between"};
    apr_int64_t first;
    apr_status_t rv = peek(tx, j);
    first = j->number;
    if (rv == APR_SUCCESS)
        rv = chat_store_write(j->f->store, post, &w);
    if (rv == APR_SUCCESS)
        rv = peek(tx, j);
    return rv == APR_SUCCESS && first != j->number ? CHAT_BUG : rv;
}

static void snapshot(void **state)
{
    fixture_t *f = fixture(state);
    job_t j = {.f = f, .author = author(f)};
    OK(chat_store_read(f->store, two_looks, &j));
    OK(chat_store_read(f->store, peek, &j));
    assert_int_equal(j.number, 1);
}

/* "Create once": the second one finds what the first one made. */
static apr_status_t once(chat_tx_t *tx, void *baton)
{
    job_t *j = baton;
    const char *hash;
    apr_pool_t *pool;
    apr_status_t rv;
    apr_pool_create_ex(&pool, NULL, NULL, NULL);
    rv = chat_once_find(&hash, &j->id, tx, "key", pool);
    apr_pool_destroy(pool);
    if (rv != CHAT_NOTFOUND)
        return rv;
    rv = put_message(&j->id, tx, j->author, 1, "once");
    return rv == APR_SUCCESS ? chat_once_insert(tx, "key", "hash", j->id, 1) : rv;
}

static void *thread_once(void *baton)
{
    job_t *j = baton;
    j->end = chat_store_write(j->f->store, once, j);
    return NULL;
}

static void same_key_side_by_side(void **state)
{
    fixture_t *f = fixture(state);
    job_t jobs[THREADS];
    pthread_t threads[THREADS];
    apr_int64_t who = author(f);
    for (int i = 0; i < THREADS; i++) {
        jobs[i] = (job_t){.f = f, .author = who};
        pthread_create(&threads[i], NULL, thread_once, &jobs[i]);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        OK(jobs[i].end);
        assert_true(jobs[i].id == jobs[0].id);
    }
    assert_int_equal(ask(f, "SELECT count(*) FROM message"), 1);
    assert_int_equal(ask(f, "SELECT last_number FROM chatroom"), 1);
}

static void *thread_posts(void *baton)
{
    job_t *j = baton, mine = *j;
    for (int i = 0; i < WRITES && j->end == APR_SUCCESS; i++) {
        mine.end = i % 5 == 4 ? CHAT_REFUSED : APR_SUCCESS;
        j->end = chat_store_write(j->f->store, post, &mine);
        if (j->end == CHAT_REFUSED && mine.end == CHAT_REFUSED)
            j->end = APR_SUCCESS;
    }
    return NULL;
}

static void *thread_follows(void *baton)
{
    job_t *j = baton, look = {.f = j->f};
    apr_int64_t seen = 0, all = THREADS * WRITES * 4 / 5;
    /* every number up to the newest is there: none is skipped by a late commit */
    while (seen < all && j->end == APR_SUCCESS) {
        j->end = chat_store_read(j->f->store, peek, &look);
        if (look.number < seen)
            j->end = CHAT_BUG;
        seen = look.number;
        if (ask(j->f, apr_psprintf(j->f->pool,
                                   "SELECT count(*) FROM event WHERE id <= "
                                   "1099511627776 + %" APR_INT64_T_FMT,
                                   seen)) != seen)
            j->end = CHAT_BUG;
    }
    return NULL;
}

static void numbers_in_order(void **state)
{
    fixture_t *f = fixture(state);
    job_t jobs[THREADS + 1];
    pthread_t threads[THREADS + 1];
    apr_int64_t who = author(f), all = THREADS * WRITES * 4 / 5;
    const char *findings;
    for (int i = 0; i <= THREADS; i++) {
        jobs[i] = (job_t){.f = f, .author = who, .body = "x"};
        pthread_create(&threads[i], NULL, i < THREADS ? thread_posts : thread_follows,
                       &jobs[i]);
    }
    for (int i = 0; i <= THREADS; i++) {
        pthread_join(threads[i], NULL);
        OK(jobs[i].end);
    }
    assert_int_equal(ask(f, "SELECT count(*) FROM message"), all);
    assert_int_equal(ask(f, "SELECT last_number FROM chatroom"), all);
    assert_int_equal(ask(f, "SELECT count(DISTINCT created_at) FROM message"), all);
    OK(chat_store_check(&findings, f->store, 1, f->pool));
    assert_string_equal(findings, "");
}

/* Another process with connections of its own. */
static int post_in_process(fixture_t *f, apr_int64_t who)
{
    job_t jobs[2];
    pthread_t threads[2];
    f->idle = NULL; /* the parent's */
    if (chat_store_create(&f->store, &f->database, &f->source, &f->log, f->pool))
        return 1;
    for (int i = 0; i < 2; i++) {
        jobs[i] = (job_t){.f = f, .author = who, .body = "x"};
        pthread_create(&threads[i], NULL, thread_posts, &jobs[i]);
    }
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    return jobs[0].end || jobs[1].end ? 2 : 0;
}

static void processes(void **state)
{
    fixture_t *f = fixture(state);
    apr_int64_t who = author(f), all = 4 * 2 * WRITES * 4 / 5;
    const char *findings;
    int status;
    close_connections(f); /* SQLite must not be carried over a fork */
    for (int i = 0; i < 4; i++) {
        if (!fork())
            _exit(post_in_process(f, who));
    }
    for (int i = 0; i < 4; i++) {
        assert_true(wait(&status) > 0);
        assert_int_equal(status, 0);
    }
    assert_int_equal(ask(f, "SELECT count(*) FROM message"), all);
    assert_int_equal(ask(f, "SELECT last_number FROM chatroom"), all);
    OK(chat_store_check(&findings, f->store, 1, f->pool));
    assert_string_equal(findings, "");
}

/* No connection: nothing runs. */
static void no_connection(void **state)
{
    fixture_t *f = fixture(state);
    job_t j = {.f = f, .author = author(f), .body = "x"};
    connection_t *idle = f->idle;
    f->idle = NULL;
    f->max_connections = f->connections;
    IS(chat_store_read(f->store, peek, &j), CHAT_BUSY);
    IS(chat_store_write(f->store, post, &j), CHAT_BUSY);
    assert_int_equal(j.runs, 0);
    f->idle = idle;
    OK(chat_store_write(f->store, post, &j));
}

/* Messages from the future, after the clock was set back: the next one corrects them. */
static void clock_set_back(void **state)
{
    fixture_t *f = fixture(state);
    job_t j = {.author = author(f), .body = "hello"};
    for (int i = 0; i < 4; i++)
        OK(chat_store_write(f->store, post, &j));
    OK(tell(f, "UPDATE message SET created_at = created_at + 7200000000 "
               "WHERE id > 1099511627777"));
    OK(tell(f, "UPDATE event SET created_at = created_at + 7200000000 "
               "WHERE id > 1099511627777"));
    OK(tell(f, "UPDATE chatroom SET last_time = last_time + 7200000000"));
    OK(chat_store_write(f->store, post, &j));
    assert_int_equal(f->lines, 1);
    assert_non_null(strstr(f->last, "chatroom 1 had times 7"));
    OK(chat_store_write(f->store, post, &j));
    assert_int_equal(ask(f, "SELECT count(*) FROM message"), 6);
    assert_true(ask(f, "SELECT max(created_at) FROM message") <=
                apr_time_now() + apr_time_from_sec(60));
    assert_int_equal(ask(f,
                         "SELECT count(*) FROM message a JOIN message b ON b.id > a.id "
                         "AND b.created_at <= a.created_at"),
                     0);
    assert_int_equal(ask(f, "SELECT count(*) FROM message m JOIN event e ON e.id = m.id "
                            "AND e.created_at = m.created_at"),
                     6);
    assert_int_equal(f->lines, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(written),
        ON_BOTH(refused),
        ON_BOTH(failed_statement),
        ON_BOTH(room_that_is_not),
        ON_BOTH(counters_of_many_rooms),
        ON_BOTH(times_rise),
        ON_BOTH(clock_set_back),
        ON_BOTH(reading),
        ON_BOTH(snapshot),
        ON_BOTH(same_key_side_by_side),
        ON_BOTH(numbers_in_order),
        ON_BOTH(processes),
        ON_BOTH(no_connection),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
