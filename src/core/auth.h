/* SPDX-License-Identifier: Apache-2.0
 * auth.h - the account that a request comes from.
 *
 * A rule gets the client's credentials and resolves them in its own transaction, so that
 * a token that was just revoked is refused and the answer fits its data.
 */
#ifndef CHAT_CORE_AUTH_H
#define CHAT_CORE_AUTH_H

#include "core/call.h"
#include "store/account.h"
#include "store/chatroom.h"

/* The place of a request and the account that it comes from. */
typedef struct chat_entry_t {
    chat_room_t room;
    chat_identity_t who;
} chat_entry_t;

typedef struct chat_auth_t {
    char hash[CHAT_HASH_SIZE]; /* keyed hash of the secret; empty: nothing usable was
                                  shown */
    int guests;                /* guests may do what is asked */
    int session;               /* it is a session's, else a Button token's */
    apr_int64_t account; /* not 0: this account, checked already (administrator's tool) */
    /* The client's claim about its account, where a dialect requires one; each NULL or 0
     * when it does not. A claim that does not belong to the secret matches no account. */
    const char *claim_uuid;   /* account's UUID; "0" for the chatroom's owner */
    const char *claim_name;   /* in any spelling that folds to the account's */
    apr_int64_t claim_number; /* account's number */
    /* Not NULL: the request names its chatroom; the call's becomes that one, and ENTRY is
     * filled. CHAT_P_NO_ROOM is reported before everything else. */
    const char *room_uuid;
    chat_entry_t *entry;
} chat_auth_t;

/* A Button token as the client sent it; NULL or malformed input yields credentials that
 * match no account. */
void chat_auth_token(chat_auth_t *out, const chat_call_t *c, const char *token);

/* A session's secret of the call's dialect. */
void chat_auth_session(chat_auth_t *out, const chat_call_t *c, const char *secret);

/* The open account of the call's chatroom that AUTH stands for, or CHAT_P_NOT_LOGGED_IN.
 * CHAT_P_GUEST: it is a guest's, and AUTH does not let guests in. */
apr_status_t chat_auth_resolve(chat_identity_t *out, chat_call_t *c, chat_tx_t *tx,
                               const chat_auth_t *auth);

/* Begins a read (chat_call_begin) for that account. */
apr_status_t chat_auth_begin(chat_identity_t *out, chat_tx_t **tx, chat_call_t *c,
                             const chat_auth_t *auth);

/* The same for a request that changes something: counts it (CHAT_LIMIT_CHANGES). */
apr_status_t chat_auth_change(chat_identity_t *out, chat_call_t *c, chat_tx_t *tx,
                              const chat_auth_t *auth);

/* The same in a transaction of its own, for a request that is refused for another reason.
 */
apr_status_t chat_auth_check(chat_call_t *c, const chat_auth_t *auth);

/* The chatroom with that UUID becomes the call's, in the unit TX; or CHAT_P_NO_ROOM. */
apr_status_t chat_auth_room(chat_room_t *out, chat_call_t *c, chat_tx_t *tx,
                            const char *uuid);

/* Whether the request was made before under the same key; then *RESULT is the id that it
 * created. CHAT_P_KEY_REUSED when the key belongs to another request. PRINCIPAL is the
 * owner of the key: an account's id or the name that is to be created, as text. */
apr_status_t chat_once_known(apr_int64_t *result, chat_call_t *c, chat_tx_t *tx,
                             const char *principal);
/* FIELD too identifies the request, besides the parts in once_hash. */
void chat_once_add(chat_call_t *c, const char *field);
/* RV is what logging in returned for a request that is known: one with another password
 * is another request (CHAT_P_KEY_REUSED). */
apr_status_t chat_once_again(chat_call_t *c, apr_status_t rv);
/* Remembers RESULT (not 0) for the request's key, if it has one. */
apr_status_t chat_once_remember(chat_call_t *c, chat_tx_t *tx, const char *principal,
                                apr_int64_t result);

#endif
