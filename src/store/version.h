/* SPDX-License-Identifier: Apache-2.0
 * version.h - rows of the texts that messages had before they were edited.
 */
#ifndef CHAT_STORE_VERSION_H
#define CHAT_STORE_VERSION_H

#include "store/store.h"

typedef struct chat_version_t {
    const char *body;
    apr_size_t body_len;
    apr_time_t written;
} chat_version_t;

typedef struct chat_versions_t {
    chat_version_t *list;
    int n;
} chat_versions_t;

/* Keeps the present text of MESSAGE, which is about to be replaced; nothing when the
 * message is deleted. */
apr_status_t chat_version_keep(chat_tx_t *tx, apr_int64_t message);
/* The newest LIMIT earlier texts, newest first, in POOL. */
apr_status_t chat_version_list(chat_versions_t *out, chat_tx_t *tx, apr_int64_t message,
                               int limit, apr_pool_t *pool);
apr_status_t chat_version_delete(chat_tx_t *tx, apr_int64_t message);

#endif
