/* SPDX-License-Identifier: Apache-2.0
 * rooms.h - rules of chatrooms: creating, logging in, accounts.
 *
 * The dialect creates a session's secret; the session begins in the transaction of the
 * login.
 */
#ifndef CHAT_CORE_ROOMS_H
#define CHAT_CORE_ROOMS_H

#include "core/auth.h"
#include "store/channel.h"

/* The answer to a login. */
typedef struct chat_lobby_t {
    chat_entry_t entry;
    chat_channels_t channels; /* the readable ones */
} chat_lobby_t;

typedef struct chat_new_room_t {
    const char *name;
    const char *username; /* its owner's */
    const char *password;
    const char *session;
} chat_new_room_t;

/* Creates a chatroom with its owner, the public channel `default` and the system message
 * `Welcome USERNAME!`. CHAT_P_ROOM_CREATION_OFF, CHAT_P_CLOSED_REGISTRATION, CHAT_P_RATE,
 * CHAT_P_NAME_RULE (field username or chatroom_name), CHAT_P_NAME_TAKEN for a reserved
 * name, CHAT_P_PASSWORD_RULE (number: the shortest length, or 0 when it is too long). A
 * refusal creates nothing. */
apr_status_t chat_room_create(chat_lobby_t *out, chat_call_t *c,
                              const chat_new_room_t *wanted);

typedef struct chat_room_login_t {
    const char *room_uuid; /* NULL: the call's chatroom */
    const char *uuid;      /* of the account; "0" for the owner; NULL: by name */
    const char *name;
    const char *password;
    const char *session;
} chat_room_login_t;

/* CHAT_P_NO_ROOM, CHAT_P_NO_ACCOUNT, CHAT_P_CREDENTIALS, CHAT_P_THROTTLED. */
apr_status_t chat_room_login(chat_lobby_t *out, chat_call_t *c,
                             const chat_room_login_t *login);

/* The chatroom with that UUID becomes the call's. CHAT_P_NO_ROOM. */
apr_status_t chat_room_find(chat_room_t *out, chat_call_t *c, const char *uuid);

/* CHAT_P_PASSWORD_RULE for a password shorter than MIN characters. */
apr_status_t chat_room_password(chat_call_t *c, apr_int64_t min, const char *password);

/* All accounts that may have sent messages; AUTH names its chatroom. */
apr_status_t chat_room_users(chat_profiles_t *out, chat_call_t *c,
                             const chat_auth_t *auth);

#endif
