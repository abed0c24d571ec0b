/* SPDX-License-Identifier: Apache-2.0
 * guest.h - the part of an account's row that only guests have: when it was last used.
 */
#ifndef CHAT_STORE_GUEST_H
#define CHAT_STORE_GUEST_H

#include "store/account.h"

/* The account ID is a guest, used at NOW; again, to note another use. */
apr_status_t chat_guest_set_used(chat_tx_t *tx, apr_int64_t id, apr_time_t now);
/* CHAT_NOTFOUND when the account is no guest. */
apr_status_t chat_guest_used(apr_time_t *out, chat_tx_t *tx, apr_int64_t id);
/* The guest ID becomes a member: name, key, password and rank of A. CHAT_CONFLICT when
 * the name is in use. */
apr_status_t chat_guest_promote(chat_tx_t *tx, apr_int64_t id, const chat_account_t *a,
                                apr_pool_t *pool);

/* Closes guests that were last used before TIME, at most LIMIT; their names are free
 * again, and an event lets go of their sockets. *N: how many there were. */
apr_status_t chat_guest_clean(int *n, chat_tx_t *tx, apr_time_t time, int limit,
                              apr_pool_t *pool);

#endif
