/* SPDX-License-Identifier: Apache-2.0
 * visitor.h - rows of visitors' ids that logging in has ended.
 */
#ifndef CHAT_STORE_VISITOR_H
#define CHAT_STORE_VISITOR_H

#include "store/store.h"

/* Seconds that a row is kept: longer than any visitor's id is good for. */
#define CHAT_VISITOR_ENDED_SECONDS (7 * 24 * 3600)

/* HASH is the id's keyed hash; ending it again changes nothing. */
apr_status_t chat_visitor_insert_ended(chat_tx_t *tx, const char *hash, apr_time_t now);
/* APR_SUCCESS when it has ended, else CHAT_NOTFOUND. */
apr_status_t chat_visitor_find_ended(chat_tx_t *tx, const char *hash);

#endif
