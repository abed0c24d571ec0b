/* SPDX-License-Identifier: Apache-2.0
 * assertion.h - assertions that were used: each counts once, on whatever machine.
 */
#ifndef CHAT_STORE_ASSERTION_H
#define CHAT_STORE_ASSERTION_H

#include "store/store.h"

/* Remembers HASH until EXPIRES; CHAT_CONFLICT when it is known. */
apr_status_t chat_assertion_use(chat_tx_t *tx, const char *hash, apr_time_t expires);

#endif
