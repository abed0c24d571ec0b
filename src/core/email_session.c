/* SPDX-License-Identifier: Apache-2.0 */
/* Sessions and profiles of accounts by e-mail. */
#include "core/email_session.h"

#include "base/name.h"
#include "core/email.h"
#include "core/quota.h"
#include "core/sessions.h"
#include "core/silence.h"

#include <apr_strings.h>
#include <string.h>

typedef struct login_t {
    chat_call_t *call;
    const chat_auth_t *auth;
    chat_login_t *out;
    chat_identity_t who;
    const char *hash; /* of a new password */
    const char *name;
} login_t;

static apr_status_t begin_session(chat_tx_t *tx, void *baton)
{
    login_t *l = baton;
    chat_call_t *c = l->call;
    chat_account_t now;
    apr_status_t rv = chat_account_recheck(&now, c, tx, &l->out->account);
    return rv == APR_SUCCESS ? chat_session_begin(c, tx, now.who.id, l->out->session)
                             : rv;
}

apr_status_t chat_account_enter(chat_login_t *out, chat_call_t *c, const char *name,
                                const char *password)
{
    chat_credentials_t shown = {
        .name = name, .password = password, .email = 1, .session = 1};
    login_t l = {.call = c, .out = out};
    apr_status_t rv = chat_account_login(&out->account, c, &shown);
    if (rv != APR_SUCCESS)
        return rv;
    chat_random_text(out->session, CHAT_DIGEST_LEN, CHAT_DIGEST_ALPHABET);
    return chat_store_write(c->site->store, begin_session, &l);
}

static apr_status_t replace(chat_tx_t *tx, void *baton)
{
    login_t *l = baton;
    chat_account_t now;
    apr_status_t rv = chat_auth_resolve(&l->who, l->call, tx, l->auth);
    if (rv == APR_SUCCESS)
        rv = chat_account_recheck(&now, l->call, tx, &l->out->account);
    if (rv == APR_SUCCESS)
        rv = chat_account_replace_password(tx, l->call, &l->who, l->hash);
    return rv == APR_SUCCESS ? chat_session_begin(l->call, tx, l->who.id, l->out->session)
                             : rv;
}

apr_status_t chat_account_whoami(chat_identity_t *out, chat_call_t *c,
                                 const chat_auth_t *auth)
{
    chat_tx_t *tx;
    apr_status_t rv = chat_auth_begin(out, &tx, c, auth);
    return chat_store_end(tx, rv);
}

apr_status_t chat_account_renew_password(chat_login_t *out, chat_call_t *c,
                                         const chat_auth_t *auth, const char *old,
                                         const char *password)
{
    login_t l = {.call = c, .auth = auth, .out = out};
    chat_identity_t who;
    apr_status_t rv = chat_account_whoami(&who, c, auth);
    if (rv == APR_SUCCESS)
        rv = chat_account_verify(&out->account, c, who.name, old);
    if (rv == APR_SUCCESS)
        rv = chat_account_password(c, password, who.name);
    if (rv == APR_SUCCESS)
        rv = chat_account_hash(&l.hash, c, out->account.created, password);
    if (rv != APR_SUCCESS)
        return rv;
    chat_random_text(out->session, CHAT_DIGEST_LEN, CHAT_DIGEST_ALPHABET);
    rv = chat_store_write(c->site->store, replace, &l);
    if (rv == APR_SUCCESS)
        chat_event_hint(c, who.room);
    return rv;
}

static apr_status_t end_session(chat_tx_t *tx, void *baton)
{
    login_t *l = baton;
    chat_call_t *c = l->call;
    apr_status_t rv = chat_auth_resolve(&l->who, c, tx, l->auth);
    if (rv != APR_SUCCESS)
        return rv;
    if (strcmp(chat_name_fold(l->name, c->pool), chat_name_fold(l->who.name, c->pool)) !=
        0)
        return chat_call_refuse(c, CHAT_P_NO_ACCOUNT, "user_name");
    return chat_session_delete(tx, l->auth->hash);
}

apr_status_t chat_account_logout(chat_call_t *c, const chat_auth_t *auth,
                                 const char *name)
{
    login_t l = {.call = c, .auth = auth, .name = name};
    return chat_store_write(c->site->store, end_session, &l);
}

apr_status_t chat_account_look(chat_account_t *out, chat_identity_t *reader,
                               chat_call_t *c, const chat_auth_t *auth, const char *name)
{
    chat_tx_t *tx;
    apr_status_t rv = chat_auth_begin(reader, &tx, c, auth);
    if (rv == APR_SUCCESS)
        rv = chat_account_by_name(out, tx, reader->room, chat_name_fold(name, c->pool),
                                  c->pool);
    if (rv == CHAT_NOTFOUND || (rv == APR_SUCCESS && out->who.state != CHAT_ACCOUNT_OPEN))
        rv = chat_call_refuse_detail(c, CHAT_P_NO_ACCOUNT, "user_name", name);
    return chat_store_end(tx, rv);
}

typedef struct contact_t {
    chat_call_t *call;
    const chat_auth_t *auth;
    const char *email, *description;
} contact_t;

static apr_status_t set_contact(chat_tx_t *tx, void *baton)
{
    contact_t *k = baton;
    chat_call_t *c = k->call;
    const char *key = chat_email_key(k->email, c->pool);
    chat_identity_t who;
    chat_account_t a;
    apr_status_t rv = chat_auth_change(&who, c, tx, k->auth);
    if (rv == APR_SUCCESS)
        rv = chat_account_by_id(&a, tx, who.id, c->pool);
    if (rv == APR_SUCCESS)
        rv = chat_silence_check_text(c, tx, &who, k->description, a.description);
    if (rv != APR_SUCCESS)
        return rv;
    rv = chat_account_by_email(&a, tx, who.room, key, c->pool);
    if (rv == APR_SUCCESS && a.who.id != who.id && chat_email_given_up(c, &a))
        rv = chat_account_set_email(tx, a.who.id, NULL, NULL);
    else if (rv == APR_SUCCESS && a.who.id != who.id)
        return chat_quota_probe(
            c, chat_call_refuse_detail(c, CHAT_P_EMAIL_TAKEN, "email", k->email));
    if (rv == APR_SUCCESS || rv == CHAT_NOTFOUND)
        rv = chat_account_set_email(tx, who.id, k->email, key);
    if (rv != APR_SUCCESS || !k->description)
        return rv;
    rv = chat_account_by_id(&a, tx, who.id, c->pool);
    a.description = k->description;
    return rv == APR_SUCCESS ? chat_account_set_profile(tx, &a) : rv;
}

apr_status_t chat_account_set_contact(chat_call_t *c, const chat_auth_t *auth,
                                      const char *email, const char *description)
{
    contact_t k = {.call = c, .auth = auth, .email = email, .description = description};
    return chat_store_write(c->site->store, set_contact, &k);
}
