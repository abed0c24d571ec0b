/* SPDX-License-Identifier: Apache-2.0
 * mutes.h - rules of mutes, and of what keeps an account from sending besides.
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

/* Whether WHO, who may write to CH (NULL: a direct message), may say something now:
 * CHAT_P_MUTED; CHAT_P_EMERGENCY for a new account in an emergency. */
apr_status_t chat_mute_check(chat_call_t *c, chat_tx_t *tx, const chat_identity_t *who,
                             const chat_channel_t *ch);
/* The same for a message, which counts for slow mode: CHAT_P_RATE. */
apr_status_t chat_pace_check(chat_call_t *c, chat_tx_t *tx, const chat_identity_t *who,
                             const chat_channel_t *ch);

#endif
