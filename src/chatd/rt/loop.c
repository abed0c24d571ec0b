/* SPDX-License-Identifier: Apache-2.0 */
/* The epoll loop: timing wheels, turns, deferred calls, output at the end of a round. */
#include "chatd/rt/loop.h"

#include "base/clock.h"
#include "chatd/rt/tls.h"
#include "chatd/rt/workers.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

/*
 * Two hashed timing wheels. The fine one (1 ms) holds delays up to a second, the coarse
 * one (64 ms) the rest: ten thousand heartbeats then wake an idle loop 16 times a second
 * and not a thousand times. A timer further away than one turn stays in its slot. */
#define SLOTS 1024u
#define FINE_SHIFT 0
#define COARSE_SHIFT 6
#define FINE_MAX 1000
#define BATCH 512

/* When timers are this late the process was held up: look at the sockets first, so that
 * heartbeats which did arrive in time are seen before their deadline is. */
#define STALL_MS 50

typedef struct {
    unsigned shift;
    uint64_t at; /* last tick that was worked off */
    uint64_t busy[SLOTS / 64];
    rt_list slots[SLOTS];
} wheel;

struct rt_loop {
    int epoll;
    int stopping;
    uint64_t now;
    uint64_t round_end; /* us */
    wheel fine;
    wheel coarse;
    rt_defer *first;
    rt_defer **last;
    rt_list turns;   /* that wait for the next round */
    rt_list outputs; /* that wait for the end of the round */
    unsigned cores;
    rt_workers *workers;
    void **batch; /* outputs that are being written */
    unsigned batch_cap;
    rt_tls_bench *benches[RT_WORKERS_MAX]; /* NULL until one is needed */
    uint8_t scratch[RT_LOOP_SCRATCH];
};

static uint64_t clock_us(void)
{
    return (uint64_t)chat_clock_steady();
}

static uint64_t clock_ms(void)
{
    return clock_us() / 1000;
}

static void wheel_init(wheel *w, unsigned shift, uint64_t now)
{
    w->shift = shift;
    w->at = now >> shift;
    for (unsigned i = 0; i < SLOTS; i++)
        rt_list_init(&w->slots[i]);
}

static uint64_t wheel_tick(const wheel *w, uint64_t due)
{
    return (due + ((1u << w->shift) - 1)) >> w->shift;
}

static void wheel_add(wheel *w, rt_timer *timer)
{
    uint64_t tick = wheel_tick(w, timer->due);
    unsigned slot;
    if (tick <= w->at)
        tick = w->at + 1;
    slot = tick % SLOTS;
    rt_list_append(&w->slots[slot], &timer->link);
    w->busy[slot / 64] |= UINT64_C(1) << (slot % 64);
}

static void wheel_fire(wheel *w, unsigned slot, uint64_t now)
{
    rt_list due;
    w->busy[slot / 64] &= ~(UINT64_C(1) << (slot % 64));
    rt_list_move(&due, &w->slots[slot]);
    while (!rt_list_empty(&due)) {
        rt_timer *timer = rt_container(due.next, rt_timer, link);
        rt_list_remove(&timer->link);
        if (timer->due <= now)
            timer->fire(timer);
        else
            wheel_add(w, timer);
    }
}

static void wheel_run(wheel *w, uint64_t now)
{
    uint64_t end = now >> w->shift;
    if (end > w->at + SLOTS)
        w->at = end - SLOTS;
    while (w->at < end) {
        unsigned slot = ++w->at % SLOTS;
        if (w->busy[slot / 64] & (UINT64_C(1) << (slot % 64)))
            wheel_fire(w, slot, now);
    }
}

/* Loop time of the next slot that holds something, UINT64_MAX for none. */
static uint64_t wheel_next(const wheel *w)
{
    unsigned i = 0;
    while (i < SLOTS) {
        unsigned slot = (unsigned)((w->at + 1 + i) % SLOTS);
        uint64_t word = w->busy[slot / 64] >> (slot % 64);
        if (word)
            return (w->at + 1 + i + (unsigned)__builtin_ctzll(word)) << w->shift;
        i += 64 - slot % 64;
    }
    return UINT64_MAX;
}

rt_loop *rt_loop_create(void)
{
    rt_loop *loop;
    int fd = epoll_create1(EPOLL_CLOEXEC);
    if (fd < 0)
        return NULL;
    loop = rt_alloc(sizeof(*loop));
    loop->epoll = fd;
    loop->now = clock_ms();
    loop->last = &loop->first;
    loop->cores = rt_workers_cores();
    loop->workers = rt_workers_create(loop->cores);
    rt_list_init(&loop->turns);
    rt_list_init(&loop->outputs);
    wheel_init(&loop->fine, FINE_SHIFT, loop->now);
    wheel_init(&loop->coarse, COARSE_SHIFT, loop->now);
    return loop;
}

static void run_deferred(rt_loop *loop)
{
    while (loop->first) {
        rt_defer *d = loop->first;
        void (*run)(rt_defer *) = d->run;
        loop->first = d->next;
        if (!loop->first)
            loop->last = &loop->first;
        d->run = NULL;
        run(d);
    }
}

static void write_one(void *item, unsigned thread)
{
    rt_output *o = item;
    o->ops->write(o, thread);
}

/* Moves the outputs that wait to the batch. */
static unsigned take_outputs(rt_loop *loop)
{
    unsigned n = 0;
    while (!rt_list_empty(&loop->outputs)) {
        rt_output *o = rt_container(loop->outputs.next, rt_output, link);
        rt_list_remove(&o->link);
        if (n == loop->batch_cap) {
            loop->batch_cap = n ? 2 * n : BATCH;
            loop->batch = rt_resize(loop->batch, loop->batch_cap * sizeof(*loop->batch));
        }
        loop->batch[n++] = o;
    }
    return n;
}

static void write_outputs(rt_loop *loop)
{
    unsigned i, n = take_outputs(loop);
    int shared = n >= RT_LOOP_SHARED && loop->cores > 1;
    if (shared)
        rt_workers_run(loop->workers, write_one, loop->batch, n);
    for (i = 0; i < n; i++) {
        rt_output *o = loop->batch[i];
        if (!shared)
            o->ops->write(o, 0);
        o->ops->written(o);
    }
}

/* Work at the end of a round may cause more work. */
static void end_round(rt_loop *loop)
{
    do {
        run_deferred(loop);
        write_outputs(loop);
    } while (loop->first || !rt_list_empty(&loop->outputs));
}

void rt_loop_destroy(rt_loop *loop)
{
    if (!loop)
        return;
    end_round(loop);
    rt_workers_destroy(loop->workers);
    for (int i = 0; i < RT_WORKERS_MAX; i++)
        rt_tls_bench_destroy(loop->benches[i]);
    free(loop->batch);
    close(loop->epoll);
    free(loop);
}

static int wait_time(const rt_loop *loop, int wait, uint64_t next)
{
    uint64_t now, ms;
    if (loop->stopping || wait == 0 || !rt_list_empty(&loop->turns))
        return 0;
    if (next == UINT64_MAX)
        return wait;
    now = clock_ms();
    ms = next > now ? next - now : 0;
    if (wait >= 0 && ms > (uint64_t)wait)
        return wait;
    return ms > 60000 ? 60000 : (int)ms;
}

static void run_timers(rt_loop *loop)
{
    wheel_run(&loop->fine, loop->now);
    wheel_run(&loop->coarse, loop->now);
}

/* A turn that asks for another one gets it in the next round. Turns that do not fit into
 * the time of a round stay first in the queue. */
static void run_turns(rt_loop *loop)
{
    rt_list now;
    if (rt_list_empty(&loop->turns))
        return;
    rt_list_move(&now, &loop->turns);
    do {
        rt_turn *turn = rt_container(now.next, rt_turn, link);
        rt_list_remove(&turn->link);
        turn->run(turn);
    } while (!rt_list_empty(&now) && clock_us() < loop->round_end);
    while (!rt_list_empty(&now)) {
        rt_list *left = now.prev;
        rt_list_remove(left);
        rt_list_append(loop->turns.next, left);
    }
}

int rt_loop_step(rt_loop *loop, int wait)
{
    struct epoll_event events[BATCH];
    uint64_t next, coarse;
    int stalled;
    int n;
    end_round(loop);
    next = wheel_next(&loop->fine);
    coarse = wheel_next(&loop->coarse);
    if (coarse < next)
        next = coarse;
    n = epoll_wait(loop->epoll, events, BATCH, wait_time(loop, wait, next));
    if (n < 0 && errno != EINTR)
        return -1;
    loop->round_end = clock_us();
    loop->now = loop->round_end / 1000;
    loop->round_end += RT_ROUND_US;
    stalled = next != UINT64_MAX && loop->now > next + STALL_MS;
    if (!stalled)
        run_timers(loop);
    for (int i = 0; i < n; i++) {
        rt_watch *watch = events[i].data.ptr;
        if (watch->events)
            watch->ready(watch, events[i].events);
    }
    if (stalled)
        run_timers(loop);
    run_turns(loop);
    end_round(loop);
    return 0;
}

int rt_loop_run(rt_loop *loop)
{
    loop->stopping = 0;
    while (!loop->stopping) {
        if (rt_loop_step(loop, -1))
            return -1;
    }
    return 0;
}

void rt_loop_stop(rt_loop *loop)
{
    loop->stopping = 1;
}

uint64_t rt_loop_now(const rt_loop *loop)
{
    return loop->now;
}

uint8_t *rt_loop_scratch(rt_loop *loop)
{
    return loop->scratch;
}

rt_tls_bench *rt_loop_bench(rt_loop *loop, unsigned thread)
{
    if (!loop->benches[thread])
        loop->benches[thread] = rt_tls_bench_create();
    return loop->benches[thread];
}

int rt_watch_start(rt_loop *loop, rt_watch *watch, int fd, uint32_t events)
{
    struct epoll_event e = {.events = events, .data.ptr = watch};
    if (epoll_ctl(loop->epoll, EPOLL_CTL_ADD, fd, &e))
        return -1;
    watch->fd = fd;
    watch->events = events;
    return 0;
}

void rt_watch_change(rt_loop *loop, rt_watch *watch, uint32_t events)
{
    struct epoll_event e = {.events = events, .data.ptr = watch};
    if (!watch->events || watch->events == events)
        return;
    epoll_ctl(loop->epoll, EPOLL_CTL_MOD, watch->fd, &e);
    watch->events = events;
}

void rt_watch_stop(rt_loop *loop, rt_watch *watch)
{
    if (!watch->events)
        return;
    /* Needed although the caller closes: another process may hold the same file. */
    epoll_ctl(loop->epoll, EPOLL_CTL_DEL, watch->fd, NULL);
    watch->events = 0;
}

void rt_timer_set_at(rt_loop *loop, rt_timer *timer, uint64_t due)
{
    rt_list_remove(&timer->link);
    timer->due = due;
    if (due <= loop->now + FINE_MAX)
        wheel_add(&loop->fine, timer);
    else
        wheel_add(&loop->coarse, timer);
}

void rt_timer_set(rt_loop *loop, rt_timer *timer, uint64_t delay)
{
    rt_timer_set_at(loop, timer, loop->now + delay);
}

void rt_timer_clear(rt_timer *timer)
{
    rt_list_remove(&timer->link);
}

void rt_defer_call(rt_loop *loop, rt_defer *defer, void (*run)(rt_defer *))
{
    if (defer->run)
        return;
    defer->run = run;
    defer->next = NULL;
    *loop->last = defer;
    loop->last = &defer->next;
}

void rt_turn_wait(rt_loop *loop, rt_turn *turn)
{
    if (!rt_list_linked(&turn->link))
        rt_list_append(&loop->turns, &turn->link);
}

void rt_turn_clear(rt_turn *turn)
{
    rt_list_remove(&turn->link);
}

rt_share rt_share_start(const rt_loop *loop)
{
    rt_share share = {.end = clock_us() + RT_SHARE_US};
    if (share.end > loop->round_end)
        share.end = loop->round_end;
    return share;
}

int rt_share_used(rt_share *share)
{
    return ++share->packets >= RT_SHARE_PACKETS || clock_us() >= share->end;
}

void rt_output_start(rt_loop *loop, rt_output *output)
{
    if (!rt_list_linked(&output->link))
        rt_list_append(&loop->outputs, &output->link);
}

void rt_output_stop(rt_output *output)
{
    rt_list_remove(&output->link);
}

static void signal_ready(rt_watch *watch, uint32_t events)
{
    rt_signal *sig = rt_container(watch, rt_signal, watch);
    struct signalfd_siginfo info;
    (void)events;
    while (watch->events && read(watch->fd, &info, sizeof(info)) == (ssize_t)sizeof(info))
        sig->caught(sig, (int)info.ssi_signo);
}

int rt_signal_start(rt_loop *loop, rt_signal *sig, const int *numbers, unsigned count)
{
    sigset_t set;
    int fd;
    sigemptyset(&set);
    for (unsigned i = 0; i < count; i++)
        sigaddset(&set, numbers[i]);
    if (sigprocmask(SIG_BLOCK, &set, NULL))
        return -1;
    fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    if (fd < 0)
        return -1;
    sig->watch.ready = signal_ready;
    if (rt_watch_start(loop, &sig->watch, fd, EPOLLIN)) {
        close(fd);
        return -1;
    }
    return 0;
}

void rt_signal_stop(rt_loop *loop, rt_signal *sig)
{
    if (!sig->watch.events)
        return;
    rt_watch_stop(loop, &sig->watch);
    close(sig->watch.fd);
}
