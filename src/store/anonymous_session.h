/* SPDX-License-Identifier: Apache-2.0
 * anonymous_session.h - rows of anonymous sessions that a login ended: they need no row
 * to be known, so they need one to be refused.
 */
#ifndef CHAT_STORE_ANONYMOUS_SESSION_H
#define CHAT_STORE_ANONYMOUS_SESSION_H

#include "store/store.h"

/* Seconds that a row is kept: longer than any anonymous session is valid. */
#define CHAT_ANONYMOUS_ENDED_SECONDS (7 * 24 * 3600)

/* HASH is the id's keyed hash; ending it again changes nothing. */
apr_status_t chat_anonymous_session_insert_ended(chat_tx_t *tx, const char *hash,
                                                 apr_time_t now);
/* APR_SUCCESS when it has ended, else CHAT_NOTFOUND. */
apr_status_t chat_anonymous_session_find_ended(chat_tx_t *tx, const char *hash);

#endif
