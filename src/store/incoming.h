/* SPDX-License-Identifier: Apache-2.0
 * incoming.h - a chatroom whose rows come from elsewhere.
 */
#ifndef CHAT_STORE_INCOMING_H
#define CHAT_STORE_INCOMING_H

#include "store/store.h"

/* Removes ROOM if it is there. CHAT_CONFLICT when it has an account, a message or an
 * invite. */
apr_status_t chat_incoming_place(chat_tx_t *tx, apr_int64_t room);
/* After the rows: computes the columns that sql/tables.sql does not export, and events of
 * messages later than RECENT. */
apr_status_t chat_incoming_finish(chat_tx_t *tx, apr_int64_t room, apr_time_t recent);

#endif
