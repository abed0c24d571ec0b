/* SPDX-License-Identifier: Apache-2.0
 * bans.h - rules of bans.
 */
#ifndef CHAT_CORE_BANS_H
#define CHAT_CORE_BANS_H

#include "core/act.h"

/* Bans a->username until a->until, which it sets; its tokens, sessions and sockets end.
 * A moderator's ban ends within CHAT_MODERATOR_BAN_SECONDS. CHAT_P_NOT_OWNER,
 * CHAT_P_SELF, CHAT_P_ABOVE, CHAT_P_NO_ACCOUNT; CHAT_P_INVALID (banned) for an account
 * that is not activated. */
apr_status_t chat_ban(chat_act_t *a);
/* An account that is not banned stays as it is. */
apr_status_t chat_unban(chat_act_t *a);
/* What is done to a target that was found, in the unit TX. */
apr_status_t chat_ban_target(chat_act_t *a, chat_tx_t *tx);
apr_status_t chat_unban_target(chat_act_t *a, chat_tx_t *tx);
apr_status_t chat_rank_target(chat_act_t *a, chat_tx_t *tx, int rank);
/* Whether the actor may ban for a->seconds, or CHAT_P_NOT_OWNER. */
apr_status_t chat_ban_may(chat_act_t *a);

/* Bans all accounts without a rank, but the owner's, that were created at SINCE or later;
 * deletes what they said and the channels they created: one act, in bounded units.
 * *ACCOUNTS and *MESSAGES get how many. For the tool. */
apr_status_t chat_raid_undo(apr_int64_t *accounts, apr_int64_t *messages, chat_act_t *a,
                            apr_time_t since);

#endif
