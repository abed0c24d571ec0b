/* SPDX-License-Identifier: Apache-2.0
 * channel_acts.h - acts of moderation on a channel and its members.
 *
 * All need a->channel_name; CHAT_P_NO_CHANNEL, CHAT_P_NOT_OWNER.
 */
#ifndef CHAT_CORE_CHANNEL_ACTS_H
#define CHAT_CORE_CHANNEL_ACTS_H

#include "core/act.h"

/* a->username is no member any more. CHAT_P_NO_ACCOUNT, CHAT_P_SELF, CHAT_P_ABOVE;
 * CHAT_P_NO_MEMBER when it was not in it. */
apr_status_t chat_channel_remove(chat_act_t *a);
/* The rights of MASK (CHAT_READ | ...) that a->username has in the channel become those
 * of *RIGHTS, which then gets all that it has. CHAT_P_NO_ACCOUNT, CHAT_P_SELF,
 * CHAT_P_ABOVE.
 */
apr_status_t chat_channel_grant(chat_act_t *a, int *rights, int mask);

/* What a channel is to become; NULL and -1: as it is. */
typedef struct chat_channel_change_t {
    const char *name, *description; /* an empty description: none */
    int public, slow;               /* seconds, at most CHAT_SLOW_SECONDS */
} chat_channel_change_t;
/* a->channel becomes what it is then. CHAT_P_CHANNEL_NAME_RULE, CHAT_P_CHANNEL_TAKEN. */
apr_status_t chat_channel_change(chat_act_t *a, const chat_channel_change_t *change);
apr_status_t chat_channel_delete(chat_act_t *a);

#endif
