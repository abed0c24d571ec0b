/* SPDX-License-Identifier: Apache-2.0
 * signup.h - rows of accounts that go by mail: activation, mailed passwords, approved
 * lists.
 *
 * All functions run inside a unit of work.
 */
#ifndef CHAT_STORE_SIGNUP_H
#define CHAT_STORE_SIGNUP_H

#include "store/store.h"

/* HASH is the keyed hash of the digest that opens ACCOUNT. */
apr_status_t chat_activation_insert(chat_tx_t *tx, const char *hash, apr_int64_t account);
/* CHAT_NOTFOUND when there is none. */
apr_status_t chat_activation_find(apr_int64_t *account, chat_tx_t *tx, const char *hash);

/* The account's mailed password; another one takes its place. */
apr_status_t chat_second_put(chat_tx_t *tx, apr_int64_t account, const char *hash,
                             apr_time_t expires);
/* CHAT_NOTFOUND when there is none or it is too old. */
apr_status_t chat_second_find(const char **hash, chat_tx_t *tx, apr_int64_t account,
                              apr_time_t now, apr_pool_t *pool);
apr_status_t chat_second_delete(chat_tx_t *tx, apr_int64_t account);

/* Ends the account's sessions of all dialects but one. */
apr_status_t chat_session_end_others(chat_tx_t *tx, apr_int64_t account, int dialect);

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
