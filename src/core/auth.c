/* SPDX-License-Identifier: Apache-2.0 */
/* Credentials to accounts; repeated requests. */
#include "core/auth.h"

#include "base/name.h"
#include "core/sessions.h"
#include "store/idempotency.h"
#include "store/session.h"

#include <apr_strings.h>
#include <string.h>

void chat_auth_token(chat_auth_t *out, const chat_call_t *c, const char *token)
{
    char uuid[CHAT_UUID_SIZE];
    memset(out, 0, sizeof(*out));
    if (token && chat_uuid_parse(uuid, token))
        chat_hash_keyed(out->hash, &c->site->secret, "token", uuid, CHAT_UUID_LEN);
}

void chat_auth_session(chat_auth_t *out, const chat_call_t *c, const char *secret)
{
    memset(out, 0, sizeof(*out));
    out->session = 1;
    if (secret && *secret)
        chat_session_hash(out->hash, c, secret);
}

/* Whether the client's claims about itself are true of WHO. */
static apr_status_t check_claims(chat_call_t *c, chat_tx_t *tx, const chat_auth_t *auth,
                                 const chat_identity_t *who)
{
    chat_room_t room;
    apr_status_t rv = APR_SUCCESS;
    if (auth->claim_number && auth->claim_number != who->id)
        return CHAT_NOTFOUND;
    if (auth->claim_name && strcmp(chat_name_fold(auth->claim_name, c->pool),
                                   chat_name_fold(who->name, c->pool)))
        return CHAT_NOTFOUND;
    if (!auth->claim_uuid || !strcmp(auth->claim_uuid, who->uuid))
        return APR_SUCCESS;
    if (strcmp(auth->claim_uuid, "0") != 0)
        return CHAT_NOTFOUND;
    if (auth->room_uuid)
        room = auth->entry->room;
    else
        rv = chat_room_by_id(&room, tx, who->room, c->pool);
    return rv == APR_SUCCESS && room.owner != who->id ? CHAT_NOTFOUND : rv;
}

static apr_status_t find_session(chat_identity_t *out, chat_call_t *c, chat_tx_t *tx,
                                 const chat_auth_t *auth)
{
    chat_session_t session;
    apr_status_t rv = chat_session_find(&session, tx, auth->hash);
    if (rv != APR_SUCCESS)
        return rv;
    if (!chat_session_alive(&session, c))
        return CHAT_NOTFOUND;
    return chat_identity_by_id(out, tx, session.account, c->pool);
}

apr_status_t chat_auth_room(chat_room_t *out, chat_call_t *c, chat_tx_t *tx,
                            const char *uuid)
{
    apr_status_t rv = chat_room_by_uuid(out, tx, uuid, c->pool);
    if (rv == CHAT_NOTFOUND)
        return chat_call_refuse(c, CHAT_P_NO_ROOM, NULL);
    if (rv == APR_SUCCESS && c->room != out->id)
        c->epoch = 0;
    if (rv == APR_SUCCESS)
        c->room = out->id;
    return rv;
}

static apr_status_t find_account(chat_identity_t *out, chat_call_t *c, chat_tx_t *tx,
                                 const chat_auth_t *auth)
{
    if (auth->account)
        return chat_identity_by_id(out, tx, auth->account, c->pool);
    if (auth->hash[0] && auth->session)
        return find_session(out, c, tx, auth);
    if (auth->hash[0])
        return chat_identity_by_token(out, tx, auth->hash, c->pool);
    return CHAT_NOTFOUND;
}

apr_status_t chat_auth_resolve(chat_identity_t *out, chat_call_t *c, chat_tx_t *tx,
                               const chat_auth_t *auth)
{
    apr_status_t rv = APR_SUCCESS;
    if (auth->room_uuid)
        rv = chat_auth_room(&auth->entry->room, c, tx, auth->room_uuid);
    if (rv != APR_SUCCESS)
        return rv;
    rv = find_account(out, c, tx, auth);
    if (rv == APR_SUCCESS)
        rv = check_claims(c, tx, auth, out);
    if (rv == CHAT_NOTFOUND ||
        (rv == APR_SUCCESS && (out->state != CHAT_ACCOUNT_OPEN || out->room != c->room)))
        return chat_call_refuse(c, CHAT_P_NOT_LOGGED_IN, NULL);
    if (rv == APR_SUCCESS)
        c->account = out->name;
    if (rv == APR_SUCCESS && out->rank == CHAT_RANK_GUEST) {
        c->guest = out->id;
        if (!auth->guests)
            return chat_call_refuse(c, CHAT_P_GUEST, NULL);
    }
    if (rv == APR_SUCCESS && auth->room_uuid)
        auth->entry->who = *out;
    return rv;
}

apr_status_t chat_auth_change(chat_identity_t *out, chat_call_t *c, chat_tx_t *tx,
                              const chat_auth_t *auth)
{
    apr_status_t rv = chat_auth_resolve(out, c, tx, auth);
    return rv == APR_SUCCESS ? chat_call_limit_account(c, CHAT_LIMIT_CHANGES, out->id, 0)
                             : rv;
}

apr_status_t chat_auth_begin(chat_identity_t *out, chat_tx_t **tx, chat_call_t *c,
                             const chat_auth_t *auth)
{
    apr_status_t rv = chat_call_begin(tx, c);
    return rv == APR_SUCCESS ? chat_auth_resolve(out, c, *tx, auth) : rv;
}

apr_status_t chat_auth_check(chat_call_t *c, const chat_auth_t *auth)
{
    chat_identity_t who;
    chat_tx_t *tx;
    apr_status_t rv = chat_auth_begin(&who, &tx, c, auth);
    return chat_store_end(tx, rv);
}

static void once_key(char out[CHAT_HASH_SIZE], const chat_call_t *c,
                     const char *principal)
{
    const char *text =
        apr_psprintf(c->pool, "%d %" APR_INT64_T_FMT " %s %s\n%s", (int)c->dialect,
                     c->room, c->once_endpoint, principal, c->once_key);
    chat_hash_keyed(out, &c->site->secret, "once-key", text, strlen(text));
}

apr_status_t chat_once_known(apr_int64_t *result, chat_call_t *c, chat_tx_t *tx,
                             const char *principal)
{
    char key[CHAT_HASH_SIZE];
    const char *hash;
    apr_status_t rv;
    *result = 0;
    if (!c->once_key)
        return APR_SUCCESS;
    once_key(key, c, principal);
    rv = chat_once_find(&hash, result, tx, key, c->pool);
    if (rv == CHAT_NOTFOUND)
        return APR_SUCCESS;
    if (rv == APR_SUCCESS && !chat_equal_secret(hash, c->once_hash))
        return chat_call_refuse(c, CHAT_P_KEY_REUSED, "Idempotency-Key");
    return rv;
}

void chat_once_add(chat_call_t *c, const char *field)
{
    char *hash = apr_palloc(c->pool, CHAT_HASH_SIZE);
    const char *text;
    if (!c->once_key)
        return;
    text = apr_pstrcat(c->pool, c->once_hash, "\n", field, NULL);
    chat_hash_keyed(hash, &c->site->secret, "once", text, strlen(text));
    c->once_hash = hash;
}

apr_status_t chat_once_again(chat_call_t *c, apr_status_t rv)
{
    if (rv == CHAT_REFUSED && c->problem.code == CHAT_P_CREDENTIALS)
        return chat_call_refuse(c, CHAT_P_KEY_REUSED, "Idempotency-Key");
    return rv;
}

apr_status_t chat_once_remember(chat_call_t *c, chat_tx_t *tx, const char *principal,
                                apr_int64_t result)
{
    char key[CHAT_HASH_SIZE];
    if (!c->once_key)
        return APR_SUCCESS;
    once_key(key, c, principal);
    return chat_once_insert(tx, key, c->once_hash, result, c->now);
}
