/* SPDX-License-Identifier: Apache-2.0
 * network.h - rows of refused networks, for the whole database.
 */
#ifndef CHAT_STORE_NETWORK_H
#define CHAT_STORE_NETWORK_H

#include "store/store.h"

typedef struct chat_refused_t {
    const char *network; /* as base/network.h writes it */
    apr_time_t until;    /* 0: no end */
    const char *actor;   /* name */
    const char *reason;  /* or NULL */
    apr_time_t created;
} chat_refused_t;

apr_status_t chat_network_put(chat_tx_t *tx, const chat_refused_t *n);
/* CHAT_NOTFOUND when it is not refused at NOW. */
apr_status_t chat_network_end(chat_tx_t *tx, const char *network, apr_time_t now);
/* Grows with every change. */
apr_status_t chat_network_version(apr_int64_t *version, chat_tx_t *tx);
/* Those that count at NOW. */
apr_status_t chat_network_list(chat_refused_t **out, int *n, chat_tx_t *tx,
                               apr_time_t now, apr_pool_t *pool);

#endif
