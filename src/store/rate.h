/* SPDX-License-Identifier: Apache-2.0
 * rate.h - rates that all machines on a PostgreSQL database count together.
 *
 * The same windows as in core/limit.h, in a row for each key, by the server's clock. The
 * rows are not logged, so counting waits for no disk, and a crash of the server forgets
 * them.
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

#endif
