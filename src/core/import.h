/* SPDX-License-Identifier: Apache-2.0
 * import.h - takes in records of transfer.h, which may come from a stranger: each value
 * is held against the rules that clients have, and what other rows follow from is
 * computed here.
 */
#ifndef CHAT_CORE_IMPORT_H
#define CHAT_CORE_IMPORT_H

#include "core/transfer.h"

typedef struct chat_import_t chat_import_t;

/* Begins, in the unit TX; everything lives in POOL. NUMBER: of the only chatroom that
 * comes, or 0: each brings its own. */
chat_import_t *chat_import_begin(chat_tx_t *tx, apr_int64_t number, apr_pool_t *pool);

/* Takes in a record. A chatroom goes first, then what belongs to it, in the order of the
 * tables; a chatroom of that number is replaced when
 * it has no account, message or invite. CHAT_REFUSED:
 * *WHY is a sentence about the column that is wrong; the unit is to be undone. SCRATCH
 * may be cleared afterwards. */
apr_status_t chat_import_record(chat_import_t *im, const char **why,
                                const chat_record_t *r, apr_pool_t *scratch);
/* After the last. */
apr_status_t chat_import_end(chat_import_t *im);

#endif
