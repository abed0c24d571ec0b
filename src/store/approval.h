/* SPDX-License-Identifier: Apache-2.0
 * approval.h - rows of approved lists: permissions to write to an account.
 *
 * All functions run inside a unit of work.
 */
#ifndef CHAT_STORE_APPROVAL_H
#define CHAT_STORE_APPROVAL_H

#include "store/store.h"

typedef enum chat_approval_state_t {
    CHAT_APPROVAL_PENDING,
    CHAT_APPROVAL_APPROVED,
    CHAT_APPROVAL_REJECTED
} chat_approval_state_t;

typedef struct chat_approval_t {
    const char *name; /* who asked */
    chat_approval_state_t state;
    apr_time_t created;
} chat_approval_t;

/* REQUESTER asks to be on OWNER's list. CHAT_CONFLICT when it did before. */
apr_status_t chat_approval_insert(chat_tx_t *tx, apr_int64_t owner, apr_int64_t requester,
                                  apr_time_t now);
/* CHAT_NOTFOUND when REQUESTER never asked. */
apr_status_t chat_approval_find(chat_approval_state_t *out, chat_tx_t *tx,
                                apr_int64_t owner, apr_int64_t requester);
apr_status_t chat_approval_set(chat_tx_t *tx, apr_int64_t owner, apr_int64_t requester,
                               chat_approval_state_t state);
/* Who asked OWNER, pending ones first; *OUT is an array of N, at most LIMIT, in POOL. */
apr_status_t chat_approval_list(chat_approval_t **out, int *n, chat_tx_t *tx,
                                apr_int64_t owner, int limit, apr_pool_t *pool);

#endif
