/* SPDX-License-Identifier: Apache-2.0
 * activation.h - rows that open accounts by mail: activation, mailed passwords.
 *
 * All functions run inside a unit of work.
 */
#ifndef CHAT_STORE_ACTIVATION_H
#define CHAT_STORE_ACTIVATION_H

#include "store/store.h"

/* HASH is the keyed hash of the digest that opens ACCOUNT. */
apr_status_t chat_activation_insert(chat_tx_t *tx, const char *hash, apr_int64_t account);
/* CHAT_NOTFOUND when it does not exist. */
apr_status_t chat_activation_find(apr_int64_t *account, chat_tx_t *tx, const char *hash);
apr_status_t chat_activation_delete(chat_tx_t *tx, apr_int64_t account);

/* Stores the account's mailed password in place of an earlier one. */
apr_status_t chat_second_put(chat_tx_t *tx, apr_int64_t account, const char *hash,
                             apr_time_t expires);
/* CHAT_NOTFOUND when it is unknown or too old. */
apr_status_t chat_second_find(const char **hash, chat_tx_t *tx, apr_int64_t account,
                              apr_time_t now, apr_pool_t *pool);
apr_status_t chat_second_delete(chat_tx_t *tx, apr_int64_t account);

#endif
