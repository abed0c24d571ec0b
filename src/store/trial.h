/* SPDX-License-Identifier: Apache-2.0
 * trial.h - rows that `chatctl check` makes to try a site with, and their removal.
 *
 * All functions run inside a unit of work.
 */
#ifndef CHAT_STORE_TRIAL_H
#define CHAT_STORE_TRIAL_H

#include "store/account.h"
#include "store/channel.h"

/* `external` of the accounts of a trial begins so; no user of a site's has that. */
#define CHAT_TRIAL_MARK "check:"

typedef struct chat_trial_account_t {
    apr_int64_t id;
    const char *external;
} chat_trial_account_t;

/* All of ROOM; *OUT is an array of N in POOL. */
apr_status_t chat_trial_list(chat_trial_account_t **out, int *n, chat_tx_t *tx,
                             apr_int64_t room, apr_pool_t *pool);

/* Inserts C with its id, which is one that no other channel ever gets; no event tells of
 * it. */
apr_status_t chat_trial_channel(const chat_channel_t *c, chat_tx_t *tx, const char *key,
                                apr_int64_t creator);

/* Deletes the account ID of ROOM with its channels, everything in them, what it wrote and
 * what events say of it, of those with a number above SINCE. */
apr_status_t chat_trial_drop(chat_tx_t *tx, apr_int64_t room, apr_int64_t id,
                             apr_int64_t since);

/* Forgets that the anonymous session with HASH ended. */
apr_status_t chat_trial_drop_visitor(chat_tx_t *tx, const char *hash);

#endif
