/* SPDX-License-Identifier: Apache-2.0
 * sanctions.h - what holds in a chatroom, for who keeps order there.
 */
#ifndef CHAT_CORE_SANCTIONS_H
#define CHAT_CORE_SANCTIONS_H

#include "core/act.h"
#include "store/emergency.h"
#include "store/mute.h"

/* Of each list, the newest so many. */
#define CHAT_SANCTIONS 1000

typedef struct chat_sanctions_t {
    chat_muted_list_t mutes;
    chat_accounts_t bans;
    chat_emergency_t emergency;
} chat_sanctions_t;

/* CHAT_P_NOT_OWNER unless the actor moderates. */
apr_status_t chat_sanctions(chat_sanctions_t *out, chat_act_t *a);

#endif
