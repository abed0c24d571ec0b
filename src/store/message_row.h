/* SPDX-License-Identifier: Apache-2.0
 * message_row.h - how a row of messages is read. Private to the store.
 */
#ifndef CHAT_STORE_MESSAGE_ROW_H
#define CHAT_STORE_MESSAGE_ROW_H

#include "store/db.h"
#include "store/message.h"

/* The eleven columns that every statement about messages begins with. */
void chat_message_read(chat_message_t *out, chat_stmt_t *s, apr_pool_t *pool);

#endif
