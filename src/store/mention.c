/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of mentions. */
#include "store/mention.h"

#include "store/db.h"

apr_status_t chat_mention_insert(chat_tx_t *tx, apr_int64_t account,
                                 const chat_message_t *m)
{
    return chat_sql_do(NULL, tx, CHAT_SQL_mention_insert, "iii", account, m->id,
                       m->channel);
}

apr_status_t chat_mention_delete(chat_tx_t *tx, apr_int64_t message)
{
    return chat_sql_do(NULL, tx, CHAT_SQL_mention_delete, "i", message);
}
