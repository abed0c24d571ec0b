/* SPDX-License-Identifier: Apache-2.0
 * erasure.h - the end of all that names an account.
 */
#ifndef CHAT_STORE_ERASURE_H
#define CHAT_STORE_ERASURE_H

#include "store/account.h"

/* Deletes what A owns, by the table of tables, and puts the name ERASED wherever A's
 * stands: beside its messages, in lists of recipients and mentions, in the audit log. The
 * texts stay. CHAT_CONFLICT when another account has that name. */
apr_status_t chat_erasure(chat_tx_t *tx, const chat_identity_t *a, const char *erased,
                          apr_pool_t *pool);

#endif
