/* SPDX-License-Identifier: Apache-2.0
 * read_marker.h - rows of how far an account has read, and what came since.
 */
#ifndef CHAT_STORE_READ_MARKER_H
#define CHAT_STORE_READ_MARKER_H

#include "store/store.h"

/* ACCOUNT's conversation: a channel, or the direct messages with a peer; the other is 0.
 */
typedef struct chat_read_marker_t {
    apr_int64_t account, channel, peer;
    apr_int64_t message; /* id; 0: nothing */
} chat_read_marker_t;

/* Moves the marker; CHAT_CONFLICT when it stands there or beyond. */
apr_status_t chat_read_marker_put(chat_tx_t *tx, const chat_read_marker_t *k);
/* Fills K's message. */
apr_status_t chat_read_marker_find(chat_read_marker_t *k, chat_tx_t *tx);

/* All of ACCOUNT. */
apr_status_t chat_read_marker_delete(chat_tx_t *tx, apr_int64_t account);

typedef struct chat_unread_t {
    const char *name;       /* of the channel or the peer */
    apr_int64_t read, last; /* ids, or 0; `last` of deleted ones too */
    apr_int64_t unread, mentions;
} chat_unread_t;

typedef struct chat_unreads_t {
    chat_unread_t *list;
    int n;
} chat_unreads_t;

/* Of the channels that ACCOUNT has joined and may read. A conversation's newest 2,000
 * messages count, but not its own and deleted ones. */
apr_status_t chat_unread_channels(chat_unreads_t *out, chat_tx_t *tx, apr_int64_t account,
                                  apr_pool_t *pool);
/* Of its direct messages between two, at most LIMIT peers. */
apr_status_t chat_unread_direct(chat_unreads_t *out, chat_tx_t *tx, apr_int64_t account,
                                int limit, apr_pool_t *pool);

#endif
