/* SPDX-License-Identifier: Apache-2.0
 * A non-blocking byte stream over a TCP socket, a unix socket or one end of a socketpair.
 * Embedded in its owner; an idle stream holds no buffer at all.
 *
 * Reading: bytes are read into the loop's shared buffer and passed to ops->data, which
 * uses or copies all of them. Writing: a queue of references to shared buffers, written
 * at the end of the loop's round, so that the output of one round for a client is one
 * system call. Nothing here calls the owner from inside a call of the owner: ops->closed
 * is called exactly once, later, from the loop, and only there may the owner free itself.
 */
#ifndef RT_STREAM_H
#define RT_STREAM_H

#include "chatd/rt/buf.h"
#include "chatd/rt/loop.h"
#include "chatd/rt/peer.h"
#include "chatd/rt/reason.h"
#include "chatd/rt/tls.h"

/* A queued buffer costs its sender this much bookkeeping, so a flood of empty messages
 * meets the backlog limit too. */
#define RT_STREAM_OVERHEAD 32

typedef struct rt_stream rt_stream;

typedef struct rt_stream_ops {
    /* LEN > 0 bytes, which may be changed in place; not called after a close. */
    void (*data)(rt_stream *stream, uint8_t *bytes, size_t len);
    void (*timeout)(rt_stream *stream);
    void (*closed)(rt_stream *stream, rt_reason reason);
} rt_stream_ops;

/* The fields are the stream's own. */
struct rt_stream {
    rt_watch watch;
    rt_timer timer;
    rt_defer defer;
    rt_output output;
    rt_loop *loop;
    const rt_stream_ops *ops;
    rt_tls *tls;    /* NULL: what is sent and received is plain */
    rt_buf **queue; /* NULL while the inline slots suffice */
    rt_buf *slots[2];
    uint32_t head;
    uint32_t count;
    uint32_t cap;
    uint32_t sent;        /* bytes of the first buffer already gone */
    uint32_t backlog;     /* bytes waiting, with overhead */
    uint32_t backlog_max; /* more than this: closed with RT_REASON_SLOW */
    rt_client *client;    /* whose address is charged for bytes that the kernel did
                             not accept; the owner's, or NULL */
    size_t charged;       /* see rt_client_hold() */
    int32_t result;       /* of the last attempt to write: bytes, or -errno */
    uint8_t state;
    uint8_t reason;
    int paused;
    int held; /* nothing is written until the timer fires */
};

/* Takes over FD (made non-blocking), and stream->tls when that is set. 0, or -1 (errno),
 * then both are still the caller's. */
int rt_stream_open(rt_stream *stream, rt_loop *loop, int fd, const rt_stream_ops *ops);
/* Takes over the reference to BUF. Ignored, but released, on a closed stream. */
void rt_stream_write(rt_stream *stream, rt_buf *buf);
/* Writes the queue now, and later output not before DELAY ms have passed. Uses the
 * owner's timer; rt_stream_timeout() and rt_stream_finish() cancel it. */
void rt_stream_hold(rt_stream *stream, uint64_t delay);
/* Closes immediately; the queue is lost. */
void rt_stream_close(rt_stream *stream, rt_reason reason);
/* Writes the queue, then closes orderly: the peer gets a few seconds to read it. */
void rt_stream_finish(rt_stream *stream, rt_reason reason);
/* A paused stream (1) reads nothing but still notices that the peer closed. A deaf one
 * does not: its owner has yet to process bytes read before. 0: it reads again. */
#define RT_STREAM_DEAF 2
void rt_stream_pause(rt_stream *stream, int paused);
/* One timer for the owner's use, ops->timeout; 0 clears it. */
void rt_stream_timeout(rt_stream *stream, uint64_t delay);
/* Whether data can still be sent and received. */
int rt_stream_is_open(const rt_stream *stream);

#endif
