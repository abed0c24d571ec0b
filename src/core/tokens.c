/* SPDX-License-Identifier: Apache-2.0 */
/* Rules of Button tokens. */
#include "core/tokens.h"

#include "core/accounts.h"

#include <apr_strings.h>

typedef struct token_t {
    chat_call_t *call;
    const chat_account_t *verified;
    apr_int64_t id, generation;
    int changed;
    char *text; /* CHAT_UUID_SIZE */
} token_t;

static void derive(token_t *t, char hash[CHAT_HASH_SIZE])
{
    const chat_secret_t *secret = &t->call->site->secret;
    chat_uuid_token(t->text, secret, t->id, t->generation);
    chat_hash_keyed(hash, secret, "token", t->text, CHAT_UUID_LEN);
}

static apr_status_t next_token(chat_tx_t *tx, void *baton)
{
    token_t *t = baton;
    char hash[CHAT_HASH_SIZE], id[32];
    chat_account_t a;
    apr_int64_t known;
    apr_status_t rv = chat_account_recheck(&a, t->call, tx, t->verified);
    if (rv != APR_SUCCESS)
        return rv;
    apr_snprintf(id, sizeof(id), "%" APR_INT64_T_FMT, t->id);
    rv = chat_once_known(&known, t->call, tx, id);
    if (rv != APR_SUCCESS)
        return rv;
    t->generation = a.token_generation;
    /* created by this request before: the same answer, as long as it is still valid */
    if (known && known / 2 == t->generation && a.token_hash) {
        t->changed = known % 2;
        derive(t, hash);
        return APR_SUCCESS;
    }
    t->changed = a.token_hash != NULL;
    t->generation++;
    derive(t, hash);
    rv = chat_account_set_token(tx, t->id, t->generation, hash);
    if (rv == APR_SUCCESS && !known)
        rv = chat_once_remember(t->call, tx, id, t->generation * 2 + t->changed);
    return rv == APR_SUCCESS ? chat_account_changed(tx, &a.who) : rv;
}

apr_status_t chat_token_make(char out[CHAT_UUID_SIZE], int *changed, chat_call_t *c,
                             const chat_account_t *a)
{
    token_t t = {.call = c, .verified = a, .id = a->who.id, .text = out};
    apr_status_t rv = chat_store_write(c->site->store, next_token, &t);
    *changed = t.changed;
    if (rv == APR_SUCCESS)
        chat_event_hint(c, a->who.room);
    return rv;
}

apr_status_t chat_token_keep(char out[CHAT_UUID_SIZE], int *made, chat_call_t *c,
                             chat_tx_t *tx, const chat_account_t *a)
{
    token_t t = {
        .call = c, .id = a->who.id, .generation = a->token_generation + 1, .text = out};
    char hash[CHAT_HASH_SIZE];
    *made = chat_token_get(out, c, a) != APR_SUCCESS;
    if (!*made)
        return APR_SUCCESS;
    c->problem.code = CHAT_P_NONE;
    derive(&t, hash);
    return chat_account_set_token(tx, t.id, t.generation, hash);
}

apr_status_t chat_token_get(char out[CHAT_UUID_SIZE], chat_call_t *c,
                            const chat_account_t *a)
{
    token_t t = {
        .call = c, .id = a->who.id, .generation = a->token_generation, .text = out};
    char hash[CHAT_HASH_SIZE];
    if (!a->token_hash)
        return chat_call_refuse(c, CHAT_P_NO_TOKEN, NULL);
    derive(&t, hash);
    /* created under another secret: no derived token fits any more */
    if (!chat_equal_secret(hash, a->token_hash))
        return chat_call_refuse(c, CHAT_P_NO_TOKEN, NULL);
    return APR_SUCCESS;
}
