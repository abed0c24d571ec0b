/* SPDX-License-Identifier: Apache-2.0 */
/* A non-blocking byte stream with a bounded output queue. */
#include "chatd/rt/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

enum { OPEN, FLUSHING, LINGERING, CLOSED };

#define INLINE_SLOTS 2
/* Buffers given to the kernel in one call; more would not fit a socket buffer anyway. */
#define GATHER 64
/* How long the peer has to read an ended stream before it is cut off. */
#define LINGER_MS 3000

static rt_buf **slots(rt_stream *s)
{
    return s->queue ? s->queue : s->slots;
}

static uint32_t capacity(const rt_stream *s)
{
    return s->queue ? s->cap : INLINE_SLOTS;
}

static void queue_grow(rt_stream *s)
{
    uint32_t i, cap = capacity(s);
    rt_buf **bigger = rt_alloc(2 * cap * sizeof(*bigger));
    for (i = 0; i < s->count; i++)
        bigger[i] = slots(s)[(s->head + i) % cap];
    free(s->queue);
    s->queue = bigger;
    s->cap = 2 * cap;
    s->head = 0;
}

static void queue_pop(rt_stream *s)
{
    rt_buf *buf = slots(s)[s->head];
    s->backlog -= buf->len + RT_STREAM_OVERHEAD;
    s->head = (s->head + 1) % capacity(s);
    s->sent = 0;
    rt_buf_unref(buf);
    if (--s->count == 0) {
        free(s->queue);
        s->queue = NULL;
        s->head = 0;
    }
}

/* Whether the peer has announced its end, and the owner has all that came before. */
static int ending(const rt_stream *s)
{
    return s->tls && rt_tls_ended(s->tls) && s->paused != RT_STREAM_DEAF;
}

/* Whether there is something to write, now or when the kernel takes it. */
static int waiting(const rt_stream *s)
{
    return s->tls ? rt_tls_blocked(s->tls) || rt_tls_more(s->tls, s->count > 0)
                  : s->count > 0;
}

static void set_interest(rt_stream *s)
{
    uint32_t events = s->paused == RT_STREAM_DEAF ? EPOLLERR : EPOLLRDHUP;
    if (!s->paused)
        events |= EPOLLIN;
    if ((waiting(s) || ending(s)) && s->state != CLOSED)
        events |= EPOLLOUT;
    rt_watch_change(s->loop, &s->watch, events);
}

static ssize_t send_some(rt_stream *s)
{
    struct iovec iov[GATHER];
    struct msghdr msg = {.msg_iov = iov};
    rt_buf *first = slots(s)[s->head];
    uint32_t n = s->count < GATHER ? s->count : GATHER;
    iov[0].iov_base = rt_buf_bytes(first) + s->sent;
    iov[0].iov_len = first->len - s->sent;
    if (n == 1)
        return send(s->watch.fd, iov[0].iov_base, iov[0].iov_len,
                    MSG_DONTWAIT | MSG_NOSIGNAL);
    for (uint32_t i = 1; i < n; i++) {
        rt_buf *buf = slots(s)[(s->head + i) % capacity(s)];
        iov[i].iov_base = rt_buf_bytes(buf);
        iov[i].iov_len = buf->len;
    }
    msg.msg_iovlen = n;
    return sendmsg(s->watch.fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL);
}

/* Copies up to MAX queued bytes. */
static size_t gather(rt_stream *s, uint8_t *to, size_t max)
{
    size_t n = 0, skip = s->sent;
    for (uint32_t i = 0; i < s->count && n < max; i++) {
        rt_buf *buf = slots(s)[(s->head + i) % capacity(s)];
        size_t len = buf->len - skip < max - n ? buf->len - skip : max - n;
        memcpy(to + n, rt_buf_bytes(buf) + skip, len);
        n += len;
        skip = 0;
    }
    return n;
}

static int32_t send_sealed(rt_stream *s, rt_tls_bench *bench)
{
    size_t room, n, queued = s->backlog - s->count * RT_STREAM_OVERHEAD - s->sent;
    uint8_t *data = rt_tls_begin(s->tls, bench, &room);
    n = gather(s, data, room);
    return rt_tls_send(s->tls, bench, s->watch.fd, n, n == queued);
}

/* One attempt; what became of it is for settle(). Runs on any thread: buffers are shared
 * by streams, so their references are left alone. */
static void attempt(rt_stream *s, unsigned thread)
{
    ssize_t n;
    if (s->tls) {
        s->result = send_sealed(s, rt_loop_bench(s->loop, thread));
        return;
    }
    n = s->count ? send_some(s) : 0;
    s->result = n < 0 ? -errno : (int32_t)n;
}

static void queue_advance(rt_stream *s, size_t written)
{
    while (s->count) {
        size_t left = slots(s)[s->head]->len - s->sent;
        if (written < left) {
            s->sent += (uint32_t)written;
            return;
        }
        written -= left;
        queue_pop(s);
    }
}

static void start_linger(rt_stream *s)
{
    if (shutdown(s->watch.fd, SHUT_WR)) {
        rt_stream_close(s, s->reason);
        return;
    }
    s->state = LINGERING;
    s->paused = 0;
}

/* Whether there is more that can be written now. */
static int settle(rt_stream *s)
{
    if (s->result >= 0) {
        queue_advance(s, (size_t)s->result);
        return s->tls ? rt_tls_more(s->tls, s->count > 0) : s->count > 0;
    }
    if (s->result != -EAGAIN && s->result != -EWOULDBLOCK && s->result != -EINTR)
        rt_stream_close(s, RT_REASON_ERROR);
    return 0;
}

static int hold(rt_stream *s)
{
    size_t bytes = s->backlog + (s->tls ? rt_tls_held(s->tls) : 0);
    return !s->client || rt_client_hold(s->client, &s->charged, bytes);
}

/* Carries on after an attempt. */
static void go_on(rt_stream *s)
{
    while (settle(s))
        attempt(s, 0);
    if (!hold(s))
        rt_stream_close(s, RT_REASON_SLOW);
    if (s->state == CLOSED)
        return;
    if (ending(s) && !waiting(s))
        rt_stream_close(s, rt_tls_ended(s->tls));
    else if (!waiting(s) && s->state == FLUSHING)
        start_linger(s);
    set_interest(s);
}

static void flush(rt_stream *s)
{
    rt_output_stop(&s->output);
    attempt(s, 0);
    go_on(s);
}

static void output_write(rt_output *output, unsigned thread)
{
    attempt(rt_container(output, rt_stream, output), thread);
}

static void output_written(rt_output *output)
{
    go_on(rt_container(output, rt_stream, output));
}

static const rt_output_ops output_ops = {output_write, output_written};

/* At the end of the round, unless something keeps it back. */
static void flush_soon(rt_stream *s)
{
    if (!s->held && !(s->watch.events & EPOLLOUT))
        rt_output_start(s->loop, &s->output);
}

static void run_closed(rt_defer *defer)
{
    rt_stream *s = rt_container(defer, rt_stream, defer);
    s->ops->closed(s, s->reason);
}

static void take_records(rt_stream *s, uint8_t *bytes, size_t len)
{
    if (s->state != OPEN)
        return;
    len = rt_tls_open(s->tls, rt_loop_bench(s->loop, 0), bytes, len);
    if (len)
        s->ops->data(s, bytes, len);
    if (s->state == OPEN && !hold(s))
        rt_stream_close(s, RT_REASON_LIMIT);
    if (s->state == OPEN && waiting(s))
        flush_soon(s);
    else if (s->state == OPEN && ending(s))
        set_interest(s);
}

static void read_some(rt_stream *s)
{
    uint8_t *bytes = rt_loop_scratch(s->loop);
    size_t kept = s->tls ? rt_tls_recall(s->tls, bytes) : 0;
    ssize_t n = recv(s->watch.fd, bytes + kept, RT_LOOP_SCRATCH - kept, MSG_DONTWAIT);
    if (n > 0 && s->tls)
        take_records(s, bytes, kept + (size_t)n);
    else if (n > 0) {
        if (s->state == OPEN)
            s->ops->data(s, bytes, (size_t)n);
    }
    else if (n == 0)
        rt_stream_close(s, RT_REASON_PEER);
    else if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)
        rt_stream_close(s, RT_REASON_ERROR);
}

static void ready(rt_watch *watch, uint32_t events)
{
    rt_stream *s = rt_container(watch, rt_stream, watch);
    if (events & EPOLLERR) {
        rt_stream_close(s, RT_REASON_ERROR);
        return;
    }
    if (events & EPOLLOUT)
        flush(s);
    if (s->state == CLOSED || s->paused == RT_STREAM_DEAF)
        return;
    if (!s->paused && (events & (EPOLLIN | EPOLLHUP | EPOLLRDHUP)))
        read_some(s);
    else if (events & (EPOLLHUP | EPOLLRDHUP))
        rt_stream_close(s, RT_REASON_PEER);
}

static void timed_out(rt_timer *timer)
{
    rt_stream *s = rt_container(timer, rt_stream, timer);
    if (s->held) {
        s->held = 0;
        flush(s);
    }
    else if (s->state == OPEN)
        s->ops->timeout(s);
    else
        rt_stream_close(s, s->reason);
}

int rt_stream_open(rt_stream *s, rt_loop *loop, int fd, const rt_stream_ops *ops)
{
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK))
        return -1;
    s->loop = loop;
    s->ops = ops;
    s->watch.ready = ready;
    s->timer.fire = timed_out;
    s->output.ops = &output_ops;
    s->state = OPEN;
    return rt_watch_start(loop, &s->watch, fd, EPOLLIN | EPOLLRDHUP);
}

void rt_stream_write(rt_stream *s, rt_buf *buf)
{
    if (s->state != OPEN || !buf->len) {
        rt_buf_unref(buf);
        return;
    }
    if (s->backlog + (uint64_t)buf->len + RT_STREAM_OVERHEAD > s->backlog_max) {
        rt_buf_unref(buf);
        rt_stream_close(s, RT_REASON_SLOW);
        return;
    }
    if (s->count == capacity(s))
        queue_grow(s);
    slots(s)[(s->head + s->count) % capacity(s)] = buf;
    s->count++;
    s->backlog += buf->len + RT_STREAM_OVERHEAD;
    if ((s->watch.events & EPOLLOUT) && !hold(s))
        rt_stream_close(s, RT_REASON_SLOW);
    else
        flush_soon(s);
}

void rt_stream_hold(rt_stream *s, uint64_t delay)
{
    if (s->state == OPEN && s->count)
        flush(s);
    if (s->state != OPEN)
        return;
    s->held = 1;
    rt_timer_set(s->loop, &s->timer, delay);
}

void rt_stream_close(rt_stream *s, rt_reason reason)
{
    if (s->state == CLOSED)
        return;
    if (s->state == OPEN)
        s->reason = (uint8_t)reason;
    s->state = CLOSED;
    while (s->count)
        queue_pop(s);
    if (s->client)
        rt_client_hold(s->client, &s->charged, 0);
    rt_timer_clear(&s->timer);
    rt_watch_stop(s->loop, &s->watch);
    rt_output_stop(&s->output);
    close(s->watch.fd);
    rt_tls_destroy(s->tls);
    s->tls = NULL;
    rt_defer_call(s->loop, &s->defer, run_closed);
}

void rt_stream_finish(rt_stream *s, rt_reason reason)
{
    if (s->state != OPEN)
        return;
    s->state = FLUSHING;
    s->held = 0;
    if (s->tls)
        rt_tls_finish(s->tls);
    s->reason = (uint8_t)reason;
    rt_timer_set(s->loop, &s->timer, LINGER_MS);
    rt_output_start(s->loop, &s->output);
}

void rt_stream_pause(rt_stream *s, int paused)
{
    if (s->state != OPEN || s->paused == paused)
        return;
    s->paused = paused;
    set_interest(s);
}

void rt_stream_timeout(rt_stream *s, uint64_t delay)
{
    if (s->state != OPEN)
        return;
    s->held = 0;
    if (s->count)
        flush_soon(s);
    if (delay)
        rt_timer_set(s->loop, &s->timer, delay);
    else
        rt_timer_clear(&s->timer);
}

int rt_stream_is_open(const rt_stream *s)
{
    return s->state == OPEN;
}
