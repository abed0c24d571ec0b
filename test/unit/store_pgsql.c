/* SPDX-License-Identifier: Apache-2.0 */
/* PostgreSQL alone: what its errors mean, a server that goes and comes back. */
#include "base/clock.h"
#include "store.h"
#include "store/breaker.h"
#include "store/db_pgsql.h"
#include "store/watchdog.h"

#include <sys/socket.h>

static void meanings(void **state)
{
    static const struct {
        const char *message;
        apr_status_t rv;
        int again;
    } cases[] = {
        {"ERROR:  23505: duplicate key value violates unique constraint \"x\"\n",
         CHAT_CONFLICT, 0},
        {"FEHLER:  23505: doppelter Schl\xc3\xbcsselwert", CHAT_CONFLICT, 0},
        {"ERROR:  40001: could not serialize access\n", CHAT_BUSY, 1},
        {"ERROR:  40P01: deadlock detected\n", CHAT_BUSY, 1},
        {"ERROR:  55P03: canceling statement due to lock timeout\n", CHAT_BUSY, 0},
        {"ERROR:  57014: canceling statement due to statement timeout\n", CHAT_BUSY, 0},
        {"FATAL:  53300: sorry, too many clients already\n", CHAT_BUSY, 0},
        {"ERROR:  53100: could not extend file: No space left on device\n", CHAT_FULL, 0},
        {"FATAL:  57P01: terminating connection due to administrator command\n",
         CHAT_LOST, 0},
        {"FATAL:  57P03: the database system is starting up\n", CHAT_LOST, 0},
        {"server closed the connection unexpectedly\n\tThis probably means\n", CHAT_LOST,
         0},
        {"no connection to the server\n", CHAT_LOST, 0},
        {"", CHAT_LOST, 0},
        {"ERROR:  25006: cannot execute INSERT in a read-only transaction\n", CHAT_BROKEN,
         0},
        {"ERROR:  42501: permission denied for table account\n", CHAT_BROKEN, 0},
        {"ERROR:  XX001: invalid page in block 0\n", CHAT_BROKEN, 0},
        {"ERROR:  42P01: relation \"x\" does not exist\n", CHAT_BUG, 0},
        {"ERROR:  22021: invalid byte sequence\n", CHAT_BUG, 0},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        int again = 2;
        IS(chat_pgsql_status(cases[i].message, &again), cases[i].rv);
        assert_int_equal(again, cases[i].again);
    }
}

static void breaker(void **state)
{
    chat_breaker_t b;
    apr_time_t t = 1000000;
    (void)state;
    chat_breaker_init(&b);
    assert_true(chat_breaker_pass(&b, t));
    assert_true(chat_breaker_pass(&b, t));
    chat_breaker_tell(&b, CHAT_BREAKER_WELL, t);
    assert_true(chat_breaker_pass(&b, t));
    chat_breaker_tell(&b, CHAT_BREAKER_LOST, t);
    assert_false(chat_breaker_pass(&b, t));
    assert_false(chat_breaker_pass(&b, t + CHAT_BREAKER_PAUSE - 1));
    /* one tries, however long that takes; the others do not */
    assert_true(chat_breaker_pass(&b, t + CHAT_BREAKER_PAUSE));
    assert_false(chat_breaker_pass(&b, t + 100 * CHAT_BREAKER_PAUSE));
    chat_breaker_tell(&b, CHAT_BREAKER_NOTHING, t + 100 * CHAT_BREAKER_PAUSE);
    assert_true(chat_breaker_pass(&b, t + 100 * CHAT_BREAKER_PAUSE));
    chat_breaker_tell(&b, CHAT_BREAKER_WELL, t + 100 * CHAT_BREAKER_PAUSE);
    assert_true(chat_breaker_pass(&b, t + 100 * CHAT_BREAKER_PAUSE));
    assert_true(chat_breaker_pass(&b, t + 100 * CHAT_BREAKER_PAUSE));
    /* a clock that was set back */
    chat_breaker_tell(&b, CHAT_BREAKER_LOST, t);
    assert_true(chat_breaker_pass(&b, t - 10 * CHAT_BREAKER_PAUSE));
}

/* Only the socket whose time is over is shut down; the number stays the user's. */
static void watchdog(void **state)
{
    chat_watchdog_t *dog;
    chat_watch_t brief = {0}, lasting = {0};
    apr_pool_t *pool;
    int one[2], other[2];
    char byte;
    (void)state;
    apr_initialize();
    apr_pool_create(&pool, NULL);
    OK(chat_watchdog_create(&dog, pool));
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, one), 0);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, other), 0);
    chat_watchdog_arm(dog, &lasting, other[0],
                      chat_clock_steady() + APR_USEC_PER_SEC * 600);
    chat_watchdog_arm(dog, &brief, one[0], chat_clock_steady() + 1000);
    assert_int_equal(read(one[0], &byte, 1), 0); /* waits until it is ended */
    chat_watchdog_disarm(dog, &brief);
    chat_watchdog_disarm(dog, &brief);
    chat_watchdog_disarm(dog, &lasting);
    assert_true(brief.ended);
    assert_false(lasting.ended);
    assert_int_equal(write(other[1], "x", 1), 1);
    assert_int_equal(read(other[0], &byte, 1), 1);
    assert_int_equal(close(one[0]) | close(other[0]), 0);
    close(one[1]);
    close(other[1]);
    apr_pool_destroy(pool);
}

static int server(fixture_t *f, const char *action)
{
    return system(apr_psprintf(f->pool, "%s %s", getenv("CHAT_TEST_PG_CTL"), action));
}

typedef struct job_t {
    apr_int64_t author, id;
    int runs;
    const char *kill; /* ends all other sessions of the database, once, in the unit */
    fixture_t *f;
} job_t;

static void end_sessions(fixture_t *f)
{
    pgsql_admin(f, apr_psprintf(f->pool,
                                "SELECT pg_terminate_backend(pid) FROM "
                                "pg_stat_activity WHERE datname = '%s'",
                                pgsql_name(f)));
}

static apr_status_t post(chat_tx_t *tx, void *baton)
{
    job_t *j = baton;
    apr_status_t rv = put_message(&j->id, tx, j->author, 1, "hello");
    if (!j->runs++ && j->kill) {
        end_sessions(j->f);
        rv = put_message(&j->id, tx, j->author, 1, "goodbye");
    }
    return rv;
}

static apr_status_t look(chat_tx_t *tx, void *baton)
{
    job_t *j = baton;
    chat_room_t room;
    apr_status_t rv = chat_room_by_id(&room, tx, 1, j->f->pool);
    if (!j->runs++ && j->kill) {
        end_sessions(j->f);
        rv = chat_room_by_id(&room, tx, 1, j->f->pool);
    }
    return rv;
}

static apr_int64_t author(fixture_t *f)
{
    chat_tx_t *tx = begin(f);
    apr_int64_t id = new_account(tx, "ann", f->pool);
    commit(f);
    return id;
}

/* A restart between two requests is not noticed by the second. */
static void restart(void **state)
{
    fixture_t *f = fixture(state);
    job_t j = {.f = f, .author = author(f)};
    for (int i = 0; i < 2; i++) {
        assert_int_equal(server(f, i ? "crash" : "stop"), 0);
        assert_int_equal(server(f, "start"), 0);
        OK(chat_store_write(f->store, post, &j));
        OK(chat_store_read(f->store, look, &j));
    }
    assert_int_equal(ask(f, "SELECT count(*) FROM message"), 2);
    assert_int_equal(f->lines, 0);
}

/* While it is away: told so, and at once. */
static void away(void **state)
{
    fixture_t *f = fixture(state);
    job_t j = {.f = f, .author = author(f)};
    apr_time_t begun;
    assert_int_equal(server(f, "stop"), 0);
    IS(chat_store_write(f->store, post, &j), CHAT_LOST);
    begun = apr_time_now();
    for (int i = 0; i < 100 && apr_time_now() - begun < CHAT_BREAKER_PAUSE / 2; i++)
        IS(chat_store_read(f->store, look, &j), CHAT_LOST);
    assert_int_equal(f->lines, 1);
    assert_int_equal(server(f, "start"), 0);
    apr_sleep(CHAT_BREAKER_PAUSE);
    OK(chat_store_write(f->store, post, &j));
    OK(chat_store_read(f->store, look, &j));
}

/* The session ends in the middle of a unit: nothing of it was committed, so it runs
 * again. */
static void lost_in_a_unit(void **state)
{
    fixture_t *f = fixture(state);
    job_t j = {.f = f, .author = author(f), .kill = "yes"};
    OK(chat_store_write(f->store, post, &j));
    assert_int_equal(j.runs, 2);
    assert_int_equal(ask(f, "SELECT count(*) FROM message"), 1);
    assert_int_equal(ask(f, "SELECT last_number FROM chatroom"), 1);
    j.runs = 0;
    OK(chat_store_read(f->store, look, &j));
    assert_int_equal(j.runs, 2);
}

/* A unit that overlooks the failure of a statement is not half committed, nor said to be.
 */
static apr_status_t careless(chat_tx_t *tx, void *baton)
{
    job_t *j = baton;
    put_message(&j->id, tx, j->author, 1, "before");
    put_message(&j->id, tx, 4711, 1, "nobody");
    return APR_SUCCESS;
}

static void overlooked_failure(void **state)
{
    fixture_t *f = fixture(state);
    job_t j = {.f = f, .author = author(f)};
    IS(chat_store_write(f->store, careless, &j), CHAT_BUG);
    assert_int_equal(ask(f, "SELECT count(*) FROM message"), 0);
    OK(chat_store_write(f->store, post, &j));
}

/* Two units take two rows in opposite order: the server ends one, which runs again. */
typedef struct crossing_t {
    fixture_t *f;
    apr_int64_t first, second;
    pthread_barrier_t *barrier;
    int runs;
    apr_status_t rv;
} crossing_t;

static apr_status_t cross(chat_tx_t *tx, void *baton)
{
    crossing_t *c = baton;
    apr_status_t rv = chat_account_set_rank(tx, c->first, 1);
    if (!c->runs++)
        pthread_barrier_wait(c->barrier);
    return rv == APR_SUCCESS ? chat_account_set_rank(tx, c->second, 1) : rv;
}

static void *cross_thread(void *baton)
{
    crossing_t *c = baton;
    c->rv = chat_store_write(c->f->store, cross, c);
    return NULL;
}

static void deadlock(void **state)
{
    fixture_t *f = fixture(state);
    chat_tx_t *tx = begin(f);
    apr_int64_t a = new_account(tx, "ann", f->pool), b = new_account(tx, "ben", f->pool);
    pthread_barrier_t barrier;
    crossing_t one = {f, a, b, &barrier, 0, 0}, two = {f, b, a, &barrier, 0, 0};
    pthread_t thread;
    commit(f);
    pthread_barrier_init(&barrier, NULL, 2);
    pthread_create(&thread, NULL, cross_thread, &one);
    cross_thread(&two);
    pthread_join(thread, NULL);
    OK(one.rv);
    OK(two.rv);
    assert_in_range(one.runs + two.runs, 3, 4); /* the server may end both */
    pthread_barrier_destroy(&barrier);
}

/* A message of an account whose token is just being changed does not wait for it. */
static void token_and_message(void **state)
{
    fixture_t *f = fixture(state);
    job_t j = {.f = f, .author = author(f)};
    chat_tx_t *tx = begin(f);
    OK(chat_account_set_token(tx, j.author, 1, "hash"));
    OK(chat_store_write(f->store, post, &j));
    commit(f);
}

/* A request that had its time is refused, and the database is not lost for that. */
static void time_of_a_request(void **state)
{
    fixture_t *f = fixture(state);
    job_t j = {.f = f, .author = author(f)};
    apr_interval_time_t taken;
    unsigned losses;
    OK(chat_store_limit_time(f->store, f->pool));
    chat_store_share_time(f->store, &taken);
    OK(chat_store_write(f->store, post, &j));
    assert_true(taken > 0);
    taken += apr_time_from_sec(3);
    IS(chat_store_write(f->store, post, &j), CHAT_BUSY);
    IS(chat_store_append(f->store, post, &j), CHAT_BUSY);
    IS(chat_store_read(f->store, look, &j), CHAT_BUSY);
    assert_false(chat_store_lost(f->store, &losses));
    chat_store_share_time(f->store, NULL);
    OK(chat_store_write(f->store, post, &j));
    assert_int_equal(ask(f, "SELECT count(*) FROM message"), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(meanings),
        cmocka_unit_test(breaker),
        cmocka_unit_test(watchdog),
        ON_PGSQL(restart),
        ON_PGSQL(away),
        ON_PGSQL(lost_in_a_unit),
        ON_PGSQL(overlooked_failure),
        ON_PGSQL(deadlock),
        ON_PGSQL(token_and_message),
        ON_PGSQL(time_of_a_request),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
