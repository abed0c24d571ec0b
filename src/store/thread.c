/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of threads. */
#include "store/thread.h"

#include "store/message_private.h"

apr_status_t chat_thread_of_channel(chat_messages_t *out, chat_tx_t *tx,
                                    const chat_thread_t *page, apr_pool_t *pool)
{
    return chat_message_list(out, chat_message_read,
                             chat_sql(tx, CHAT_SQL_thread_of_channel, "iid", page->root,
                                      page->before, page->limit),
                             pool);
}

apr_status_t chat_thread_direct(chat_messages_t *out, chat_tx_t *tx, apr_int64_t account,
                                const chat_thread_t *page, apr_pool_t *pool)
{
    return chat_message_list(out, chat_message_read,
                             chat_sql(tx, CHAT_SQL_thread_direct, "iiid", page->root,
                                      page->before, account, page->limit),
                             pool);
}
