/* SPDX-License-Identifier: Apache-2.0 */
/* Work that several threads share: the workers by itself, and a message to more streams
 * than one thread writes (where there are two cores), some of them full, gone or closed.
 */
#include "chatd/rt/stream.h"
#include "chatd/rt/workers.h"

/* cmocka.h needs the others before it. */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define ITEMS 1000
#define STREAMS (RT_LOOP_SHARED + 30)

static void count_up(void *item, unsigned thread)
{
    (void)thread;
    ++*(unsigned *)item;
}

/* Every item once in every round, with fewer items than threads as well. */
static void crew_of(unsigned threads)
{
    static unsigned done[ITEMS];
    void *items[ITEMS];
    unsigned n, wanted[ITEMS] = {0};
    rt_workers *workers = rt_workers_create(threads);
    memset(done, 0, sizeof(done));
    for (unsigned i = 0; i < ITEMS; i++)
        items[i] = &done[i];
    for (unsigned round = 0; round < 500; round++) {
        n = round % 5 ? ITEMS - round : round % 4;
        rt_workers_run(workers, count_up, items, n);
        for (unsigned i = 0; i < n; i++)
            wanted[i]++;
        assert_memory_equal(done, wanted, sizeof(done));
    }
    rt_workers_destroy(workers);
}

static void worker_threads(void **state)
{
    (void)state;
    assert_true(rt_workers_cores() >= 1);
    rt_workers_destroy(rt_workers_create(3));
    rt_workers_destroy(NULL);
    crew_of(0);
    crew_of(1);
    crew_of(2);
    crew_of(RT_WORKERS_MAX);
    crew_of(100);
}

typedef struct {
    rt_stream stream;
    int peer;
    unsigned closes;
    rt_reason reason;
} line;

static void on_data(rt_stream *stream, uint8_t *bytes, size_t len)
{
    (void)stream;
    (void)bytes;
    (void)len;
}

static void on_timeout(rt_stream *stream)
{
    (void)stream;
}

static void on_closed(rt_stream *stream, rt_reason reason)
{
    line *l = rt_container(stream, line, stream);
    l->closes++;
    l->reason = reason;
}

static const rt_stream_ops ops = {on_data, on_timeout, on_closed};

static line *open_lines(rt_loop *loop)
{
    line *lines = rt_alloc(STREAMS * sizeof(*lines));
    struct rlimit files;
    int fds[2];
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &files), 0);
    files.rlim_cur = files.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &files), 0);
    if (files.rlim_cur < 2 * STREAMS + 50)
        skip();
    for (int i = 0; i < STREAMS; i++) {
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
        lines[i].peer = fds[1];
        lines[i].stream.backlog_max = 1 << 24;
        assert_int_equal(rt_stream_open(&lines[i].stream, loop, fds[0], &ops), 0);
    }
    return lines;
}

/* What has arrived at L, up to SIZE bytes. */
static size_t hear(const line *l, char *to, size_t size)
{
    size_t all = 0;
    ssize_t n;
    while (all < size && (n = recv(l->peer, to + all, size - all, MSG_DONTWAIT)) > 0)
        all += (size_t)n;
    return all;
}

/* What is kept back for a while goes out when the owner lifts that, not only with what
 * comes next. */
static void lifted_hold(void **state)
{
    rt_loop *loop = rt_loop_create();
    line l = {.stream.backlog_max = 1000};
    char heard[10];
    int fds[2];
    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    l.peer = fds[1];
    assert_int_equal(rt_stream_open(&l.stream, loop, fds[0], &ops), 0);
    rt_stream_hold(&l.stream, 60000);
    rt_stream_write(&l.stream, rt_buf_copy("hello", 5));
    rt_loop_step(loop, 0);
    assert_int_equal(hear(&l, heard, sizeof(heard)), 0);
    rt_stream_timeout(&l.stream, 60000);
    rt_loop_step(loop, 0);
    assert_int_equal(hear(&l, heard, sizeof(heard)), 5);
    rt_stream_close(&l.stream, RT_REASON_DONE);
    rt_loop_step(loop, 0);
    assert_int_equal(l.closes, 1);
    close(l.peer);
    rt_loop_destroy(loop);
}

static void shared_message(void **state)
{
    enum { FULL, GONE, CLOSED, OTHERS };
    rt_loop *loop = rt_loop_create();
    line *lines = open_lines(loop);
    rt_buf *big = rt_buf_create(1 << 22), *small = rt_buf_copy("hello", 5);
    char *heard = malloc(big->len + 10);
    size_t all = 0, n;
    (void)state;
    memset(rt_buf_bytes(big), 'x', big->len);
    rt_stream_write(&lines[FULL].stream, big);
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < STREAMS; i++)
            rt_stream_write(&lines[i].stream, rt_buf_ref(small));
        if (round == 0) {
            close(lines[GONE].peer);
            rt_stream_close(&lines[CLOSED].stream, RT_REASON_KICKED);
        }
        assert_int_equal(rt_loop_step(loop, 0), 0);
        assert_int_equal(rt_loop_step(loop, 0), 0);
        for (int i = OTHERS; i < STREAMS; i++) {
            assert_int_equal(hear(&lines[i], heard, 100), 5);
            assert_memory_equal(heard, "hello", 5);
        }
    }
    assert_int_equal(lines[GONE].closes, 1);
    assert_int_equal(lines[CLOSED].closes, 1);
    assert_int_equal(lines[CLOSED].reason, RT_REASON_KICKED);
    /* what was full gets everything, in order, when it reads */
    while ((n = hear(&lines[FULL], heard + all, (1 << 22) + 10 - all)) > 0) {
        all += n;
        rt_loop_step(loop, 0);
    }
    assert_int_equal(all, (1 << 22) + 10);
    assert_memory_equal(heard + (1 << 22), "hellohello", 10);
    for (int i = 0; i < STREAMS; i++) {
        rt_stream_close(&lines[i].stream, RT_REASON_DONE);
        if (i != GONE)
            close(lines[i].peer);
    }
    rt_loop_step(loop, 0);
    for (int i = 0; i < STREAMS; i++)
        assert_int_equal(lines[i].closes, 1);
    assert_int_equal(small->refs, 1);
    rt_buf_unref(small);
    rt_loop_destroy(loop);
    free(heard);
    free(lines);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(worker_threads),
        cmocka_unit_test(lifted_hold),
        cmocka_unit_test(shared_message),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
