/* SPDX-License-Identifier: Apache-2.0
 * post.h - messages with their events, as they are sent.
 */
#ifndef CHAT_STORE_POST_H
#define CHAT_STORE_POST_H

#include "store/message.h"

/* Inserts M, which has a number of its chatroom, and the event of the same number that
 * tells of it to AUDIENCE (as in chat_event_t). On PostgreSQL both wait in TX until it
 * ends or a statement sees them; then one statement inserts all that wait, and a row
 * that cannot be inserted fails there. What M points to stays as long. */
apr_status_t chat_post_insert(chat_tx_t *tx, const chat_message_t *m,
                              const char *audience);

#endif
