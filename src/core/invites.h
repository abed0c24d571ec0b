/* SPDX-License-Identifier: Apache-2.0
 * invites.h - rules of invites into a chatroom.
 */
#ifndef CHAT_CORE_INVITES_H
#define CHAT_CORE_INVITES_H

#include "core/rooms.h"

typedef struct chat_new_invite_t {
    apr_int64_t uses; /* 0 or more */
    apr_time_t expires;
    char id[CHAT_UUID_SIZE]; /* result: 128 unguessable bits */
} chat_new_invite_t;

/* Creates the invite; AUTH names its chatroom. CHAT_P_NOT_OWNER when the policy does not
 * allow it. The same request under the same Idempotency-Key gives the same invite. */
apr_status_t chat_invite_create(chat_new_invite_t *io, chat_call_t *c,
                                const chat_auth_t *auth);

typedef struct chat_redeem_t {
    const char *room_uuid;
    const char *id;
    const char *username, *password;
    const char *session;
} chat_redeem_t;

/* Creates an account through an invite, which loses a use only when the account is
 * created. CHAT_P_NO_ROOM, CHAT_P_CLOSED_REGISTRATION, CHAT_P_NO_INVITE,
 * CHAT_P_INVITE_USED, CHAT_P_INVITE_EXPIRED, CHAT_P_PASSWORD_RULE, CHAT_P_NAME_RULE,
 * CHAT_P_NAME_TAKEN. */
apr_status_t chat_invite_redeem(chat_lobby_t *out, chat_call_t *c,
                                const chat_redeem_t *redeem);

#endif
