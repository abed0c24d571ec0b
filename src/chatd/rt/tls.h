/* SPDX-License-Identifier: Apache-2.0
 * The TLS part of a stream, for a connection that httpd handed over with its keys:
 * records that arrive in pieces, KeyUpdates and alerts, one sealed remainder.
 *
 * Of one loop, like its stream; but what seals and sends may run on any thread that has a
 * bench.
 */
#ifndef RT_TLS_H
#define RT_TLS_H

#include "chatd/rt/reason.h"
#include "wire/tls.h"

typedef struct rt_tls rt_tls;

/* What a thread needs: ciphers, and room for what it is about to send. */
typedef struct rt_tls_bench {
    chat_tls_bench_t ciphers;
    unsigned suites; /* that there are, a bit each */
    size_t used;
    uint8_t out[128 + CHAT_TLS_RECORD_MAX];
} rt_tls_bench;

rt_tls_bench *rt_tls_bench_create(void);
void rt_tls_bench_destroy(rt_tls_bench *bench);

/* Of the *LEN BYTES of a CHAT_INTAKE_TLS, whose keys are wiped. Those that were encrypted
 * are opened: *LEN becomes the number of plain ones. NULL when the message makes no
 * sense. *FAILURES counts connections whose first record could not be opened, here or by
 * the client, since one could. */
rt_tls *rt_tls_receive(uint8_t *bytes, size_t *len, rt_tls_bench *bench,
                       unsigned *failures);
void rt_tls_destroy(rt_tls *tls);

/* Puts the beginning of a record that was read before in front of what is read to
 * BYTES: its length. */
size_t rt_tls_recall(const rt_tls *tls, uint8_t *bytes);
/* Opens the records of the LEN BYTES, recalled ones included, in place. The number of
 * bytes of data, at BYTES; the beginning of a further record is kept. */
size_t rt_tls_open(rt_tls *tls, rt_tls_bench *bench, uint8_t *bytes, size_t len);
/* Why the stream has to be closed, when nothing is waiting any more; or NONE. */
rt_reason rt_tls_ended(const rt_tls *tls);

/* Where data may be put that is to be sent, and how much of it; 0: none now. */
uint8_t *rt_tls_begin(rt_tls *tls, rt_tls_bench *bench, size_t *room);
/* Sends LEN bytes of data that were put there, or what waits. LAST: nothing is to follow.
 * How many of them were taken, or -errno. */
int32_t rt_tls_send(rt_tls *tls, rt_tls_bench *bench, int fd, size_t len, int last);
/* Whether the kernel has to take something before any more can be sent. */
int rt_tls_blocked(const rt_tls *tls);
/* Whether there is more to seal: QUEUED data, or something of its own. */
int rt_tls_more(const rt_tls *tls, int queued);
/* The end is to be announced behind the last data. */
void rt_tls_finish(rt_tls *tls);
/* Bytes that are kept. */
size_t rt_tls_held(const rt_tls *tls);

#endif
