/* SPDX-License-Identifier: Apache-2.0
 * events.h - the log of what happened, and the hint that somebody should look.
 */
#ifndef CHAT_CORE_EVENTS_H
#define CHAT_CORE_EVENTS_H

#include "core/call.h"
#include "store/message.h"

/* Appends E (its id and time are set here) to the log of ROOM, in the unit TX. */
apr_status_t chat_event_add(chat_tx_t *tx, apr_int64_t room, chat_event_t *e);

/* Instead of a chatroom: look at the outbox. */
#define CHAT_HINT_OUTBOX 0

/* After the commit: tells followers to look at ROOM now. */
void chat_event_hint(const chat_call_t *c, apr_int64_t room);

#endif
