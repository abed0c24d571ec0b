/* SPDX-License-Identifier: Apache-2.0
 * One epoll loop: descriptors, timers, deferred work, output, signals. Single-threaded
 * but for rt_output_ops.write; every callback of the realtime layers runs on a clean
 * stack below rt_loop_run().
 *
 * Watches, timers, deferred calls and outputs are embedded in their owner's struct
 * (zeroed = idle) and cost no allocation. An owner must stay in memory while one of them
 * is active; free it from a deferred call, when no event of the current round can name it
 * any more.
 *
 * Not libev, libevent or libuv: watch, timers and output of a connection are members of
 * its struct (1.2 kB for an idle socket), two timing wheels wake an idle loop 16 times a
 * second for 10,000 heartbeats, and the output of a round is written by several threads.
 */
#ifndef RT_LOOP_H
#define RT_LOOP_H

#include "chatd/rt/alloc.h"

/* Read buffer shared by all streams of a loop, so that an idle stream owns none. As
 * large as the default socket buffer fills in one go. */
#define RT_LOOP_SCRATCH 65536

/* From this many outputs on, a round is written by several threads. Measured: with fewer,
 * a second writer only uses the core that readers on the same machine need. */
#define RT_LOOP_SHARED 2048

typedef struct rt_loop rt_loop;
typedef struct rt_watch rt_watch;
typedef struct rt_timer rt_timer;
typedef struct rt_defer rt_defer;
typedef struct rt_output rt_output;
typedef struct rt_signal rt_signal;
typedef struct rt_turn rt_turn;

struct rt_watch {
    int fd;
    uint32_t events; /* 0 = idle */
    void (*ready)(rt_watch *watch, uint32_t events);
};

struct rt_timer {
    rt_list link;
    uint64_t due;
    void (*fire)(rt_timer *timer);
};

struct rt_defer {
    rt_defer *next;
    void (*run)(rt_defer *defer); /* NULL = idle */
};

/* Work that was cut short so that others get their turn. */
struct rt_turn {
    rt_list link;
    void (*run)(rt_turn *turn);
};

/* What one client may have handled in a round: so many packets, or so much time. A packet
 * costs 5 us, a login 0.3 ms, the longest replay of missed events 20 ms. */
#define RT_SHARE_PACKETS 64
#define RT_SHARE_US 2000
/* When a round has taken this long, a share is one packet, and the other waiting turns
 * are left to the next round: packets that have arrived meanwhile are first. */
#define RT_ROUND_US 10000

typedef struct rt_share {
    unsigned packets;
    uint64_t end; /* us */
} rt_share;

typedef struct rt_output_ops {
    /* Gives the kernel what there is. On any thread and beside that of others, when there
     * is much to write: it changes nothing but its owner. */
    void (*write)(rt_output *output, unsigned thread);
    /* Afterwards, on the loop's thread. No owner of an output is freed in it. */
    void (*written)(rt_output *output);
} rt_output_ops;

struct rt_output {
    rt_list link;
    const rt_output_ops *ops;
};

struct rt_signal {
    rt_watch watch;
    void (*caught)(rt_signal *sig, int number);
};

/* NULL (errno) when the kernel gives no epoll descriptor. */
rt_loop *rt_loop_create(void);
void rt_loop_destroy(rt_loop *loop);

/* Runs until rt_loop_stop(). Deferred work is done before it returns. 0, or -1 (errno).
 */
int rt_loop_run(rt_loop *loop);
void rt_loop_stop(rt_loop *loop);
/* One round that waits at most WAIT ms (-1: as long as it takes). For tests. */
int rt_loop_step(rt_loop *loop, int wait);

/* Monotonic milliseconds, read once a round. */
uint64_t rt_loop_now(const rt_loop *loop);
/* RT_LOOP_SCRATCH bytes, valid until the callback that asked returns. */
uint8_t *rt_loop_scratch(rt_loop *loop);

/* What a thread of the loop needs for TLS; 0 is the loop's own. */
struct rt_tls_bench *rt_loop_bench(rt_loop *loop, unsigned thread);

/* EVENTS as for epoll, level-triggered. 0, or -1 (errno). */
int rt_watch_start(rt_loop *loop, rt_watch *watch, int fd, uint32_t events);
void rt_watch_change(rt_loop *loop, rt_watch *watch, uint32_t events);
/* Does not close the descriptor. Harmless when idle. */
void rt_watch_stop(rt_loop *loop, rt_watch *watch);

/* Fires once, DELAY ms from now, or at the loop's time DUE. Delays up to a second are
 * kept to the millisecond, longer ones may fire 64 ms late. Setting replaces. */
void rt_timer_set(rt_loop *loop, rt_timer *timer, uint64_t delay);
void rt_timer_set_at(rt_loop *loop, rt_timer *timer, uint64_t due);
void rt_timer_clear(rt_timer *timer);

/* Runs RUN once at the end of the round, in order. Already waiting: nothing happens. */
void rt_defer_call(rt_loop *loop, rt_defer *defer, void (*run)(rt_defer *));

/* Runs TURN in the next round, after those that wait already. */
void rt_turn_wait(rt_loop *loop, rt_turn *turn);
/* Harmless when it does not wait. */
void rt_turn_clear(rt_turn *turn);
rt_share rt_share_start(const rt_loop *loop);
/* Counts one packet; whether the share is used up. */
int rt_share_used(rt_share *share);

/* Writes once at the end of the round, when the deferred calls are done. Already waiting:
 * nothing happens. */
void rt_output_start(rt_loop *loop, rt_output *output);
/* Harmless when it does not wait. */
void rt_output_stop(rt_output *output);

/* Blocks the COUNT signals of this process and delivers them to sig->caught.
 * 0, or -1 (errno). */
int rt_signal_start(rt_loop *loop, rt_signal *sig, const int *numbers, unsigned count);
void rt_signal_stop(rt_loop *loop, rt_signal *sig);

#endif
