/* SPDX-License-Identifier: Apache-2.0
 * message_private.h - how rows of messages are read. Private to the store.
 */
#ifndef CHAT_STORE_MESSAGE_PRIVATE_H
#define CHAT_STORE_MESSAGE_PRIVATE_H

#include "store/db.h"
#include "store/message.h"

/* The thirteen columns that every statement about messages begins with; a
 * chat_sql_read_fn for chat_message_t. */
void chat_message_read(void *row, chat_stmt_t *s, apr_pool_t *pool);
/* The rows of S until their texts are CHAT_PAGE_BYTES; READ fills a chat_message_t. */
apr_status_t chat_message_list(chat_messages_t *out, chat_sql_read_fn read,
                               chat_stmt_t *s, apr_pool_t *pool);

#endif
