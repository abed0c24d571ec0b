/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of used assertions. */
#include "store/assertion.h"

#include "store/db.h"

apr_status_t chat_assertion_use(chat_tx_t *tx, const char *hash, apr_time_t expires)
{
    return chat_sql_change(tx, CHAT_CONFLICT, CHAT_SQL_assertion_use, "si", hash,
                           expires);
}
