/* SPDX-License-Identifier: Apache-2.0
 * idempotency.h - rows of requests that are done once.
 */
#ifndef CHAT_STORE_IDEMPOTENCY_H
#define CHAT_STORE_IDEMPOTENCY_H

#include "store/store.h"

/* A creating request with an Idempotency-Key: KEY is the keyed hash of who, where and the
 * client's key; REQUEST_HASH that of the request. */
apr_status_t chat_once_find(const char **request_hash, apr_int64_t *result, chat_tx_t *tx,
                            const char *key, apr_pool_t *pool);
/* CHAT_CONFLICT when the key is known. */
apr_status_t chat_once_insert(chat_tx_t *tx, const char *key, const char *request_hash,
                              apr_int64_t result, apr_time_t now);

#endif
