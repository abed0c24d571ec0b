/* SPDX-License-Identifier: Apache-2.0
 * mention.h - rows of mentions, by which they are counted.
 */
#ifndef CHAT_STORE_MENTION_H
#define CHAT_STORE_MENTION_H

#include "store/message.h"

/* ACCOUNT 0: every reader of the channel. */
apr_status_t chat_mention_insert(chat_tx_t *tx, apr_int64_t account,
                                 const chat_message_t *m);
apr_status_t chat_mention_delete(chat_tx_t *tx, apr_int64_t message);

#endif
