/* SPDX-License-Identifier: Apache-2.0
 * message_find.h - the message that a request names, and who may read it.
 */
#ifndef CHAT_CORE_MESSAGE_FIND_H
#define CHAT_CORE_MESSAGE_FIND_H

#include "core/call.h"
#include "store/account.h"
#include "store/channel.h"
#include "store/message.h"

/* Whether NUMBER can be a message's: they begin at 1. */
int chat_message_number_valid(apr_int64_t number);

/* The message NUMBER of ROOM that is not deleted, or CHAT_P_NO_MESSAGE. */
apr_status_t chat_message_find(chat_message_t *out, chat_call_t *c, chat_tx_t *tx,
                               apr_int64_t room, apr_int64_t number);

/* Whether WHO may read M: members a channel's messages, the parties a direct message,
 * everyone an announcement; else CHAT_P_MESSAGE_FOREIGN. *CH becomes the channel when it
 * has one. */
apr_status_t chat_message_check_readable(chat_channel_t *ch, chat_call_t *c,
                                         chat_tx_t *tx, const chat_identity_t *who,
                                         const chat_message_t *m);

#endif
