/* SPDX-License-Identifier: Apache-2.0
 * reactions.h - rules of reactions to messages.
 */
#ifndef CHAT_CORE_REACTIONS_H
#define CHAT_CORE_REACTIONS_H

#include "core/auth.h"
#include "store/reaction.h"

/* Different reactions that a message has at most. */
#define CHAT_REACTIONS_MAX 20

typedef struct chat_react_t {
    apr_int64_t number; /* of the message */
    const char *emoji;
    int on; /* 0: the caller's reaction is removed */
} chat_react_t;

/* The caller reacts to a message that it may read, in a channel where it may write; *OUT
 * is how it stands then. CHAT_P_NO_MESSAGE, CHAT_P_MESSAGE_FOREIGN, CHAT_P_NO_WRITE,
 * CHAT_P_INVALID for what is not one emoji, CHAT_P_REACTIONS. The same again changes
 * nothing. */
apr_status_t chat_message_react(chat_reactions_t *out, chat_call_t *c,
                                const chat_auth_t *auth, const chat_react_t *wanted);
/* Takes back the reactions of WHO, some of them at a time: *MORE: there may be others. */
apr_status_t chat_reactions_erase(int *more, chat_call_t *c, const chat_identity_t *who);

#endif
