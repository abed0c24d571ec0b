/* SPDX-License-Identifier: Apache-2.0
 * copy.h - all rows of one database in another one, of whatever engine.
 */
#ifndef CHAT_STORE_COPY_H
#define CHAT_STORE_COPY_H

#include "store/store.h"

typedef struct chat_copy_t {
    apr_int64_t rows, added; /* looked at, inserted */
    apr_int64_t differences;
    char *first; /* a line for each of the first 20 differences */
} chat_copy_t;

/* Walks both databases table by table in the order of their keys. With ADD, rows that TO
 * lacks are inserted, 500 at a time; where a walk ended, the next one goes on. A row that
 * stands in TO alone, or is another there, is a difference, and so is a missing one
 * without ADD. FROM is one snapshot; C begins with zeros, its texts are of POOL. */
apr_status_t chat_store_copy(chat_copy_t *c, chat_tx_t *from, chat_store_t *to, int add,
                             apr_pool_t *pool);

#endif
