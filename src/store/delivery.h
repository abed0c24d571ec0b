/* SPDX-License-Identifier: Apache-2.0
 * delivery.h - what a worker does with rows of the outbox.
 *
 * An item is claimed before it is sent and finished afterwards; between the two it is
 * nobody else's until its lease ends. The number of the attempt tells one claim from the
 * next, so that a worker that was thought dead cannot finish what another has taken over.
 */
#ifndef CHAT_STORE_DELIVERY_H
#define CHAT_STORE_DELIVERY_H

#include "store/db.h"
#include "store/outbox.h"

/* Reads a row of outbox_list, outbox_heads or the part outbox_state; only in the store.
 */
void chat_outbox_read(chat_outbox_item_t *out, chat_stmt_t *s, apr_pool_t *pool);

/* The first waiting item of each target of KIND, where it is due, at most LIMIT;
 * `created` is when its time to be delivered began. */
apr_status_t chat_delivery_heads(chat_outbox_item_t **out, int *n, chat_tx_t *tx,
                                 chat_outbox_kind_t kind, apr_time_t now, int limit,
                                 apr_pool_t *pool);

/* Takes O until LEASE and counts the attempt. CHAT_NOTFOUND when it is somebody else's by
 * now. O is left as it is: this may run twice. */
apr_status_t chat_delivery_claim(chat_tx_t *tx, const chat_outbox_item_t *o,
                                 apr_time_t now, apr_time_t lease);

/* Writes O's state, attempts, next, reason and done, when claim number ATTEMPT still
 * holds; otherwise nothing. */
apr_status_t chat_delivery_finish(chat_tx_t *tx, const chat_outbox_item_t *o,
                                  apr_int64_t attempt);

/* Makes all that is claimed due: for a worker that knows that it is the only one. */
apr_status_t chat_delivery_release(chat_tx_t *tx, apr_time_t now);

#endif
