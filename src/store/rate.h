/* SPDX-License-Identifier: Apache-2.0
 * rate.h - rates that all machines on a PostgreSQL database count together.
 *
 * The same windows as in core/limit.h, by the server's clock: a row for each key, which
 * is exact, or one for each key and machine, in which it tells the others from time to
 * time what it counted itself. The rows are not logged, so counting waits for no disk,
 * and a crash of the server forgets them.
 */
#ifndef CHAT_STORE_RATE_H
#define CHAT_STORE_RATE_H

#include "store/store.h"

/* COUNT events in 60 parts of LENGTH microseconds each; one more counts WEIGHT. */
typedef struct chat_rate_t {
    apr_int64_t key, length, count, weight;
} chat_rate_t;

/* *WAIT: seconds until there is room for one more, 0 when there is. */
apr_status_t chat_rate_ask(apr_int64_t *wait, chat_tx_t *tx, const chat_rate_t *r);
/* The same, and counts it when *WAIT is 0. Others who take from KEY wait for TX. */
apr_status_t chat_rate_take(apr_int64_t *wait, chat_tx_t *tx, const chat_rate_t *r);
/* Undoes the newest event. */
apr_status_t chat_rate_return(chat_tx_t *tx, const chat_rate_t *r);
apr_status_t chat_rate_clear(chat_tx_t *tx, const chat_rate_t *r);

/* What was counted of a key. */
#define CHAT_RATE_PARTS 60
typedef struct chat_rate_told_t {
    apr_int64_t key, length, count;
    apr_uint16_t part[CHAT_RATE_PARTS]; /* newest first */
} chat_rate_told_t;

/* NODE has counted this; instead of what it told of these keys before. */
apr_status_t chat_rate_tell(chat_tx_t *tx, apr_int64_t node, const chat_rate_told_t *rows,
                            int n, apr_pool_t *pool);

typedef struct chat_rate_heard_t {
    apr_int64_t node;  /* what others than this one told ... */
    apr_int64_t since; /* ... lately, 0: at all; then the value for the next call */
    /* the answer: of each of these keys, what all others have counted */
    chat_rate_told_t *rows;
    int n;
} chat_rate_heard_t;
apr_status_t chat_rate_hear(chat_rate_heard_t *heard, chat_tx_t *tx, apr_pool_t *pool);

#endif
