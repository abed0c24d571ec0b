/* SPDX-License-Identifier: Apache-2.0
 * unread.h - how far an account has read its conversations.
 */
#ifndef CHAT_CORE_UNREAD_H
#define CHAT_CORE_UNREAD_H

#include "core/auth.h"
#include "store/read_marker.h"

/* Counts stop here: 1,000 is a thousand or more. */
#define CHAT_UNREAD_MAX 1000
/* Peers of direct messages that are listed. */
#define CHAT_UNREAD_PEERS 1000

typedef struct chat_mark_t {
    const char *channel, *username; /* one of them; the other is NULL */
    apr_int64_t number;             /* of a message there, deleted ones too */
} chat_mark_t;

/* The caller has read the conversation up to that message; *NUMBER is where the marker
 * stands then, which never goes backwards. CHAT_P_NO_CHANNEL, CHAT_P_NO_READ,
 * CHAT_P_NO_ACCOUNT, CHAT_P_NO_MESSAGE. */
apr_status_t chat_unread_mark(apr_int64_t *number, chat_call_t *c,
                              const chat_auth_t *auth, const chat_mark_t *mark);

/* The caller's channels and its direct messages between two. */
apr_status_t chat_unread_list(chat_unreads_t *channels, chat_unreads_t *direct,
                              chat_call_t *c, const chat_auth_t *auth);

#endif
