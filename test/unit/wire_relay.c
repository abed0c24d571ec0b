/* SPDX-License-Identifier: Apache-2.0 */
/* How parked connections end, and what they need until then. */
#include "base/address.h"
#include "base/bounds.h"
#include "unit.h"
#include "wire/relay.h"

#include <dirent.h>
#include <sys/socket.h>
#include <unistd.h>

#define ROUNDS 2000 /* of 10 ms: patience, never a measure */

typedef struct parked_t {
    chat_parked_t *p;
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
    assert_true(chat_relay_admit(relay, 1) == 1);
    p->relay = relay;
    p->key = 1;
    p->fd = client[0];
    p->sp = daemon[0];
    p->pass = chat_relay_write;
    p->keep = apr_time_from_sec(1000);
    p->poll = poll;
    p->connection = "Connection: Keep-Alive\r\n";
    assert_int_equal(chat_relay_add(p), APR_SUCCESS);
    return t;
}

/* The MPM closes the connection. */
static void leave_it(parked_t *t)
{
    int fd = t->p->fd;
    chat_relay_lock(t->p);
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
        const char *says, *heard; /* heard: all of it, or NULL for 503 */
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
        assert_int_equal(chat_relay_create(&relay, 1, 1, pool), APR_SUCCESS);
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

/* A child about to end: idle connections go, waiting ones stay until the answer. */
static void a_retiring_child_closes_idle_ones(void **state)
{
    chat_relay_t *relay;
    apr_pool_t *pool;
    parked_t *idle, *waits;
    apr_pool_create(&pool, *state);
    assert_int_equal(chat_relay_create(&relay, 2, 2, pool), APR_SUCCESS);
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
    assert_true(hears(waits, "Connection: close\r\n\r\nok"));
    assert_true(ends(waits));
    leave_it(idle);
    leave_it(waits);
    apr_pool_destroy(pool);
}

/* Whatever clients and chatd do: neither reads, writes or closes. */
static void a_retiring_child_ends_every_connection(void **state)
{
    chat_relay_t *relay;
    apr_pool_t *pool;
    parked_t *t[3];
    char block[65536];
    memset(block, 'x', sizeof(block));
    apr_pool_create(&pool, *state);
    assert_int_equal(chat_relay_create(&relay, 3, 3, pool), APR_SUCCESS);
    for (int i = 0; i < 3; i++) {
        t[i] = park(relay, i == 1, pool);
        chat_relay_unlock(t[i]->p);
    }
    /* the last client accepts nothing any more */
    while (send(t[2]->daemon, block, sizeof(block), MSG_DONTWAIT) > 0)
        ;
    chat_relay_retire(relay);
    for (int i = 0; i < 3; i++) {
        assert_true(ends(t[i]));
        leave_it(t[i]);
    }
    apr_pool_destroy(pool);
}

static void an_answered_poll_has_no_place_and_is_idle(void **state)
{
    chat_relay_t *relay;
    apr_pool_t *pool;
    parked_t *t, *busy, *other;
    apr_pool_create(&pool, *state);
    assert_int_equal(chat_relay_create(&relay, 2, 2, pool), APR_SUCCESS);
    other = park(relay, 1, pool);
    chat_relay_unlock(other->p);
    t = park(relay, 1, pool);
    t->p->keep = apr_time_from_msec(30);
    chat_relay_unlock(t->p);
    assert_int_equal(chat_relay_admit(relay, 2), 0);
    daemon_says(t, ANSWER);
    assert_true(hears(t, "ok"));
    assert_true(flag(t, &t->p->answered));
    /* its place is another's */
    busy = park(relay, 1, pool);
    busy->p->keep = apr_time_from_msec(30);
    assert_int_equal(chat_relay_admit(relay, 2), 0);
    assert_true(ends(t));
    assert_true(flag(t, &t->p->closing));
    leave_it(t);
    assert_int_equal(chat_relay_admit(relay, 2), 0); /* not given back twice */

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
    assert_true(chat_relay_admit(relay, 1) == 1); /* both places are free */
    assert_true(chat_relay_admit(relay, 1) == 1);
    apr_pool_destroy(pool);
    assert_null(relay);
}

static void one_key_has_its_share(void **state)
{
    chat_relay_t *relay;
    apr_pool_t *pool;
    apr_pool_create(&pool, *state);
    assert_int_equal(chat_relay_create(&relay, 4, 2, pool), APR_SUCCESS);
    assert_int_equal(chat_relay_admit(relay, 7), 1);
    assert_int_equal(chat_relay_admit(relay, 7), 1);
    assert_int_equal(chat_relay_admit(relay, 7), -1);
    assert_int_equal(chat_relay_admit(relay, 8), 1);
    assert_int_equal(chat_relay_admit(relay, 9), 1);
    assert_int_equal(chat_relay_admit(relay, 10), 0);
    chat_relay_dismiss(relay, 7);
    assert_int_equal(chat_relay_admit(relay, 7), 1);
    assert_int_equal(chat_relay_admit(relay, 7), 0);
    apr_pool_destroy(pool);
}

/* However many /64s of it there are. */
static void one_network_has_its_share(void **state)
{
    const apr_uint64_t network = APR_UINT64_C(5) << CHAT_CLIENT_NETWORK_SHIFT;
    chat_relay_t *relay;
    apr_pool_t *pool;
    apr_pool_create(&pool, *state);
    assert_int_equal(chat_relay_create(&relay, 99, 1, pool), APR_SUCCESS);
    for (int i = 0; i < CHAT_WIDE_PLACES; i++)
        assert_int_equal(chat_relay_admit(relay, network | (unsigned)i), 1);
    assert_int_equal(chat_relay_admit(relay, network | 99), -1);
    assert_int_equal(chat_relay_admit(relay, 99), 1);
    chat_relay_dismiss(relay, network | 1);
    assert_int_equal(chat_relay_admit(relay, network | 98), 1);
    apr_pool_destroy(pool);
}

static int descriptors(void)
{
    DIR *dir = opendir("/proc/self/fd");
    int n = 0;
    assert_non_null(dir);
    while (readdir(dir))
        n++;
    closedir(dir);
    return n;
}

static void what_connections_need_outlives_the_pool(void **state)
{
    int before = descriptors(), own; /* the relay's */
    chat_relay_t *relay;
    apr_pool_t *pool;
    parked_t *first, *second;
    apr_pool_create(&pool, *state);
    assert_int_equal(chat_relay_create(&relay, 9, 9, pool), APR_SUCCESS);
    own = descriptors() - before;
    assert_true(own > 0);
    first = park(relay, 0, *state);
    chat_relay_unlock(first->p);
    second = park(relay, 1, *state);
    chat_relay_unlock(second->p);
    daemon_says(second, ANSWER);
    assert_true(flag(second, &second->p->answered)); /* an idle one, too */
    apr_pool_destroy(pool);
    assert_null(relay);
    leave_it(first);
    assert_int_equal(descriptors(), before + own + 3); /* the second: fd and far ends */
    leave_it(second);
    assert_int_equal(descriptors(), before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        POOL_TEST(every_end_of_the_daemon_is_an_end),
        POOL_TEST(an_answered_poll_has_no_place_and_is_idle),
        POOL_TEST(a_retiring_child_closes_idle_ones),
        POOL_TEST(a_retiring_child_ends_every_connection),
        POOL_TEST(one_key_has_its_share),
        POOL_TEST(one_network_has_its_share),
        POOL_TEST(what_connections_need_outlives_the_pool),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
