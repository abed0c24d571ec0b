/* SPDX-License-Identifier: Apache-2.0
 * policy.h - who may do what, in one table.
 */
#ifndef CHAT_CORE_POLICY_H
#define CHAT_CORE_POLICY_H

#include "store/account.h"
#include "store/channel.h"

typedef enum chat_action_t {
    CHAT_MAY_READ,
    CHAT_MAY_WRITE,
    CHAT_MAY_EDIT, /* messages: chat_policy_allows_on() */
    CHAT_MAY_DELETE,
    CHAT_MAY_HISTORY,
    CHAT_MAY_REPORT, /* a message of the channel */
    CHAT_MAY_JOIN,
    CHAT_MAY_ADD_MEMBER,
    CHAT_MAY_KEEP_ORDER,    /* mute in the channel, remove from it, slow mode, topic */
    CHAT_MAY_MANAGE,        /* rename, publish, delete it; rights of its members */
    CHAT_MAY_CREATE_PUBLIC, /* a public channel; no channel is given */
    CHAT_MAY_INVITE,        /* no channel is given */
    CHAT_MAY_ANNOUNCE,      /* no channel is given */
    CHAT_MAY_MODERATE,      /* mute in the chatroom, reports, short bans, the audit log */
    CHAT_MAY_BAN,           /* without such an end; unban */
    CHAT_MAY_GOVERN,        /* networks, emergency, ranks: with ChatAdmin only */
    CHAT_ACTIONS
} chat_action_t;

/* CHAT_READ | CHAT_WRITE | CHAT_ADMIN of WHO in CH: rights of its own when it has any,
 * else those of everyone in a public channel and none in a private one. The chatroom's
 * OWNER (0: none) always administrates. */
int chat_policy_rights(const chat_identity_t *who, const chat_channel_t *ch,
                       apr_int64_t owner);

/* The rights that are stored for an account in a channel; PERMISSIONS -1: none of its
 * own. */
static inline int chat_policy_effective(int permissions, int public)
{
    if (permissions >= 0)
        return permissions;
    return public ? CHAT_READ | CHAT_WRITE : 0;
}

/* The same for a guest: only rights of its own count, and only in a public channel. */
static inline int chat_policy_guest(int permissions, int public)
{
    return public && permissions >= 0 ? permissions & (CHAT_READ | CHAT_WRITE) : 0;
}

/* Whether WHO may do ACTION. OWNER is the chatroom's, or 0. */
int chat_policy_allows(chat_action_t action, const chat_identity_t *who,
                       const chat_channel_t *ch, apr_int64_t owner);

/* The same for a message of AUTHOR's; CH is its channel, NULL for a direct message. */
int chat_policy_allows_on(chat_action_t action, const chat_identity_t *who,
                          const chat_channel_t *ch, apr_int64_t owner,
                          apr_int64_t author);

/* Whether WHO may act on OTHER at all: an act needs a
 * higher rank than its target has. The owner
 * has the rank of an administrator; in a channel, CH with the rights of WHO and OTHERS
 * with those of OTHER (or both NULL), who administrates it has that of a moderator. */
int chat_policy_above(const chat_identity_t *who, const chat_channel_t *ch,
                      const chat_identity_t *other, const chat_channel_t *others,
                      apr_int64_t owner);

#endif
