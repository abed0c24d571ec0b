/* SPDX-License-Identifier: Apache-2.0 */
/* httpd/relay.c without httpd: how parked connections end, and what they need until then.
 */
#include "../../src/httpd/realtime/relay.c"
#include "../../src/wire/http_answer.c"
#include "unit.h"

#define ROUNDS 2000 /* of 10 ms: patience, never a measure */

/* The connection's filters: what is passed goes out. */
apr_status_t ap_pass_brigade(ap_filter_t *f, apr_bucket_brigade *bb)
{
    apr_status_t rv = APR_SUCCESS;
    apr_bucket *b;
    for (b = APR_BRIGADE_FIRST(bb); b != APR_BRIGADE_SENTINEL(bb);
         b = APR_BUCKET_NEXT(b)) {
        const char *bytes;
        apr_size_t len;
        if (!APR_BUCKET_IS_METADATA(b) && rv == APR_SUCCESS &&
            apr_bucket_read(b, &bytes, &len, APR_BLOCK_READ) == APR_SUCCESS)
            rv = chat_relay_write(f->ctx, bytes, len);
    }
    return rv;
}

typedef struct parked_t {
    chat_parked_t *p;
    conn_rec c;
    ap_filter_t out;
    int client, daemon; /* the far ends */
    char said[4096];
    size_t len;
} parked_t;

/* A poll's connection, parked as park.c does it, or a WebSocket's. */
static parked_t *park(chat_relay_t *relay, int poll, apr_pool_t *pool)
{
    parked_t *t = apr_pcalloc(pool, sizeof(*t));
    chat_parked_t *p = t->p = calloc(1, sizeof(*p));
    int client[2], daemon[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, client), 0);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, daemon), 0);
    t->client = client[1];
    t->daemon = daemon[1];
    t->out.ctx = p;
    t->c.bucket_alloc = apr_bucket_alloc_create(pool);
    t->c.output_filters = &t->out;
    assert_true(chat_relay_admit(relay));
    pthread_mutex_init(&p->mutex, NULL);
    p->relay = relay;
    p->c = &t->c;
    p->fd = client[0];
    p->sp = daemon[0];
    p->counted = 1;
    p->keep = apr_time_from_sec(1000);
    p->poll = poll;
    p->connection = "Connection: Keep-Alive\r\n";
    p->bb = apr_brigade_create(pool, t->c.bucket_alloc);
    pthread_mutex_lock(&p->mutex);
    p->mine = 1;
    assert_int_equal(chat_relay_add(p), APR_SUCCESS);
    return t;
}

/* The MPM closes the connection. */
static void leave_it(parked_t *t)
{
    int fd = t->p->fd;
    if (!t->p->mine)
        pthread_mutex_lock(&t->p->mutex);
    t->p->mine = 1;
    chat_relay_remove(t->p);
    close(fd);
    close(t->client);
    if (t->daemon >= 0)
        close(t->daemon);
}

static void daemon_says(const parked_t *t, const char *text)
{
    assert_int_equal(send(t->daemon, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

static void daemon_goes(parked_t *t)
{
    close(t->daemon);
    t->daemon = -1;
}

static int hears(parked_t *t, const char *text)
{
    for (int i = 0; i < ROUNDS && !strstr(t->said, text); i++) {
        ssize_t n =
            recv(t->client, t->said + t->len, sizeof(t->said) - 1 - t->len, MSG_DONTWAIT);
        if (n > 0)
            t->len += (size_t)n;
        else
            usleep(10000);
    }
    return strstr(t->said, text) != NULL;
}

/* What the MPM would notice. */
static int ends(const parked_t *t)
{
    char byte;
    for (int i = 0; i < ROUNDS; i++) {
        if (recv(t->p->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0)
            return 1;
        usleep(10000);
    }
    return 0;
}

static int flag(parked_t *t, const int *what)
{
    int value = 0;
    for (int i = 0; i < ROUNDS && !value; i++) {
        pthread_mutex_lock(&t->p->mutex);
        value = *what;
        pthread_mutex_unlock(&t->p->mutex);
        if (!value)
            usleep(10000);
    }
    return value;
}

static void every_end_of_the_daemon_is_an_end(void **state)
{
    static const struct {
        int poll, bodyless;
        const char *says, *heard; /* heard: all of it, or NULL for the apology */
        int answered;
    } table[] = {
        {1, 0, "", NULL, 0},
        {1, 1, "", NULL, 0},
        {1, 0, "HTTP/1.1 200 OK\r\nContent-", NULL, 0},
        {1, 0, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nab",
         "HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: Keep-Alive\r\n\r\nab", 0},
        {1, 0, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
         "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: Keep-Alive\r\n\r\nok", 1},
        {0, 0, "HTTP/1.1 101 x\r\n\r\nframe", "HTTP/1.1 101 x\r\n\r\nframe", 0},
        {0, 0, "", "", 0},
    };
    chat_relay_t *relay;
    apr_pool_t *pool;

    for (size_t i = 0; i < COUNT(table) * 2; i++) {
        size_t k = i / 2;
        parked_t *t;
        apr_pool_create(&pool, *state);
        assert_int_equal(chat_relay_create(&relay, 1, pool), APR_SUCCESS);
        t = park(relay, table[k].poll, pool);
        t->p->answer.bodyless = table[k].bodyless;
        /* before the MPM has it, and while it waits there */
        if (i % 2)
            chat_relay_unlock(t->p);
        if (*table[k].says)
            daemon_says(t, table[k].says);
        daemon_goes(t);
        if (i % 2 == 0)
            chat_relay_unlock(t->p);
        if (table[k].answered)
            assert_true(flag(t, &t->p->answered));
        else
            assert_true(ends(t));
        if (table[k].heard) {
            assert_true(hears(t, table[k].heard));
            assert_int_equal(t->len, strlen(table[k].heard));
        }
        else {
            assert_true(hears(t, "Content-Length: 48\r\n\r\n"));
            assert_memory_equal(t->said, "HTTP/1.1 503 ", 13);
            assert_non_null(strstr(t->said, "Connection: close\r\n"));
            if (!table[k].bodyless)
                assert_true(hears(
                    t, "\r\n\r\n{\"code\":4,\"message\":\"Realtime is not available\"}"));
            else
                assert_string_equal(strstr(t->said, "\r\n\r\n"), "\r\n\r\n");
        }
        leave_it(t);
        apr_pool_destroy(pool);
    }
}

#define ANSWER "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

/* A child that parts: who is idle goes, who waits stays until the answer. */
static void a_parting_child_closes_idle_ones(void **state)
{
    chat_relay_t *relay;
    apr_pool_t *pool;
    parked_t *idle, *waits;
    apr_pool_create(&pool, *state);
    assert_int_equal(chat_relay_create(&relay, 2, pool), APR_SUCCESS);
    idle = park(relay, 1, pool);
    chat_relay_unlock(idle->p);
    daemon_says(idle, ANSWER);
    assert_true(flag(idle, &idle->p->answered));
    waits = park(relay, 1, pool);
    chat_relay_unlock(waits->p);
    assert_false(idle->p->closing);
    chat_relay_retire(relay);
    assert_true(ends(idle));
    assert_false(waits->p->closing);
    daemon_says(waits, ANSWER);
    assert_true(hears(waits, "ok"));
    assert_true(ends(waits));
    leave_it(idle);
    leave_it(waits);
    apr_pool_destroy(pool);
}

static void an_answered_poll_has_no_place_and_is_idle(void **state)
{
    chat_relay_t *relay;
    apr_pool_t *pool;
    parked_t *t, *busy, *other;
    apr_pool_create(&pool, *state);
    assert_int_equal(chat_relay_create(&relay, 2, pool), APR_SUCCESS);
    other = park(relay, 1, pool);
    chat_relay_unlock(other->p);
    t = park(relay, 1, pool);
    t->p->keep = apr_time_from_msec(30);
    chat_relay_unlock(t->p);
    assert_false(chat_relay_admit(relay));
    daemon_says(t, ANSWER);
    assert_true(hears(t, "ok"));
    assert_true(flag(t, &t->p->answered));
    /* its place is another's */
    busy = park(relay, 1, pool);
    busy->p->keep = apr_time_from_msec(30);
    assert_false(chat_relay_admit(relay));
    assert_true(ends(t));
    assert_true(flag(t, &t->p->closing));
    leave_it(t);
    assert_false(chat_relay_admit(relay)); /* not given back twice */

    /* one whose client has begun to speak is left to the MPM */
    assert_int_equal(send(busy->client, "G", 1, 0), 1);
    daemon_says(busy, ANSWER);
    chat_relay_unlock(busy->p);
    assert_true(flag(busy, &busy->p->answered));
    t = park(relay, 1, pool); /* one that is answered later is closed later */
    t->p->keep = apr_time_from_msec(200);
    daemon_says(t, ANSWER);
    chat_relay_unlock(t->p);
    assert_true(ends(t));
    assert_false(busy->p->closing);
    leave_it(t);
    leave_it(busy);
    assert_false(other->p->closing);
    leave_it(other);
    assert_int_equal(relay->parked, 0);
    apr_pool_destroy(pool);
    assert_null(relay);
}

static void what_connections_need_outlives_the_pool(void **state)
{
    chat_relay_t *relay, *same;
    apr_pool_t *pool;
    parked_t *first, *second;
    int epoll, wake;
    apr_pool_create(&pool, *state);
    assert_int_equal(chat_relay_create(&relay, 9, pool), APR_SUCCESS);
    same = relay;
    epoll = relay->epoll;
    wake = relay->wake;
    first = park(relay, 0, *state);
    chat_relay_unlock(first->p);
    second = park(relay, 1, *state);
    second->p->keep = apr_time_from_sec(1000);
    chat_relay_unlock(second->p);
    daemon_says(second, ANSWER);
    assert_true(flag(second, &second->p->answered)); /* an idle one, too */
    apr_pool_destroy(pool);
    assert_null(relay);
    assert_true(fcntl(epoll, F_GETFD) >= 0);
    assert_true(fcntl(wake, F_GETFD) >= 0);
    leave_it(first);
    assert_int_equal(same->users, 1);
    assert_true(fcntl(wake, F_GETFD) >= 0);
    leave_it(second);
    assert_int_equal(fcntl(epoll, F_GETFD), -1);
    assert_int_equal(fcntl(wake, F_GETFD), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        POOL_TEST(every_end_of_the_daemon_is_an_end),
        POOL_TEST(an_answered_poll_has_no_place_and_is_idle),
        POOL_TEST(a_parting_child_closes_idle_ones),
        POOL_TEST(what_connections_need_outlives_the_pool),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
