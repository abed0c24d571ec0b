/* SPDX-License-Identifier: Apache-2.0
 * emergencies.h - rules of an emergency: while it lasts registration is closed, new
 * accounts do not write, and all others write slowly.
 */
#ifndef CHAT_CORE_EMERGENCIES_H
#define CHAT_CORE_EMERGENCIES_H

#include "core/act.h"
#include "store/emergency.h"

/* Begins (ON) or ends the emergency of the chatroom. CHAT_P_NOT_ADMIN. */
apr_status_t chat_emergency_set(chat_act_t *a, int on);
/* CHAT_P_CLOSED_REGISTRATION while there is one, in the unit TX. */
apr_status_t chat_emergency_check(chat_call_t *c, chat_tx_t *tx);

#endif
