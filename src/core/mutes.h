/* SPDX-License-Identifier: Apache-2.0
 * mutes.h - rules of mutes; what they do to those that write is in silence.h.
 */
#ifndef CHAT_CORE_MUTES_H
#define CHAT_CORE_MUTES_H

#include "core/act.h"

/* Mutes a->username in a->channel_name, without one in the whole chatroom, until
 * a->until, which it sets. CHAT_P_NOT_OWNER, CHAT_P_SELF, CHAT_P_ABOVE,
 * CHAT_P_NO_ACCOUNT, CHAT_P_NO_CHANNEL. */
apr_status_t chat_mute(chat_act_t *a);
/* An account that is not muted there stays as it is. */
apr_status_t chat_unmute(chat_act_t *a);
/* The mute itself, of a target that was found, in the unit TX. */
apr_status_t chat_mute_target(chat_act_t *a, chat_tx_t *tx);

#endif
