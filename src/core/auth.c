#include "core/auth.h"

#include <apr_strings.h>

#include "store/outbox.h"

void chat_auth_token(chat_auth_t *out, const chat_call_t *c, const char *token)
{
    char uuid[CHAT_UUID_SIZE];

    out->account = 0;
    out->hash[0] = '\0';
    if (token && chat_uuid_parse(uuid, token))
        chat_hash_keyed(out->hash, &c->site->secret, "token", uuid, CHAT_UUID_LEN);
}

apr_status_t chat_auth_resolve(chat_identity_t *out, chat_call_t *c, chat_tx_t *tx,
                               const chat_auth_t *auth)
{
    apr_status_t rv = CHAT_NOTFOUND;

    if (auth->account)
        rv = chat_identity_by_id(out, tx, auth->account, c->pool);
    else if (auth->hash[0])
        rv = chat_identity_by_token(out, tx, auth->hash, c->pool);
    if (rv == CHAT_NOTFOUND
        || (rv == APR_SUCCESS
            && (out->state != CHAT_ACCOUNT_OPEN || out->room != c->settings->room)))
        return chat_call_refuse(c, CHAT_P_NOT_LOGGED_IN, NULL);
    return rv;
}

static void once_key(char out[CHAT_HASH_SIZE], const chat_call_t *c, const char *principal)
{
    const char *text = apr_psprintf(c->pool, "%d %" APR_INT64_T_FMT " %s %s\n%s",
                                    (int)c->dialect, c->settings->room, c->once_endpoint,
                                    principal, c->once_key);
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

apr_status_t chat_once_remember(chat_call_t *c, chat_tx_t *tx, const char *principal,
                                apr_int64_t result)
{
    char key[CHAT_HASH_SIZE];

    if (!c->once_key)
        return APR_SUCCESS;
    once_key(key, c, principal);
    return chat_once_insert(tx, key, c->once_hash, result, c->now);
}
