/* SPDX-License-Identifier: Apache-2.0 */
/* Signing up, activation and forgotten passwords of accounts by e-mail. */
#include "core/email_account.h"

#include "base/name.h"
#include "core/email.h"
#include "core/quota.h"
#include "core/sessions.h"
#include "store/activation.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <string.h>

#define SECOND_SECONDS (24 * 3600)

typedef struct signup_t {
    chat_call_t *call;
    const chat_newcomer_t *who;
    const char *email_key;
    chat_account_t account;
    apr_int64_t known;
    apr_int64_t given_up; /* an account that was never activated and has the address */
    const char *nonce;
    chat_signup_t *out;
} signup_t;

/* The secrets that belong into the answer. */
static void reveal(signup_t *s)
{
    const chat_site_t *site = s->call->site;
    s->out->id = s->account.who.id;
    s->out->name = s->account.who.name;
    s->out->email = s->account.email;
    s->out->password[0] = s->out->digest[0] = '\0';
    if (site->mail || !site->reveal_passwords)
        return;
    chat_secret_password(s->out->password, &site->secret, s->nonce);
    chat_secret_activation(s->out->digest, &site->secret, s->account.who.uuid);
}

/* An unguessable nonce; under an Idempotency-Key the same for the same request, so that
 * its answer can be repeated. */
static const char *make_nonce(const chat_call_t *c)
{
    char *nonce = apr_palloc(c->pool, CHAT_DIGEST_SIZE);
    if (c->once_key)
        chat_secret_digest(nonce, &c->site->secret, "once-nonce",
                           apr_pstrcat(c->pool, c->once_key, "\n", c->once_hash, NULL));
    else
        chat_random_text(nonce, CHAT_DIGEST_LEN, CHAT_DIGEST_ALPHABET);
    return nonce;
}

static apr_status_t find_known(signup_t *s, chat_tx_t *tx)
{
    chat_call_t *c = s->call;
    apr_status_t rv = chat_once_known(&s->known, c, tx, s->account.name_key);
    if (rv == APR_SUCCESS && s->known)
        rv = chat_account_by_id(&s->account, tx, s->known, c->pool);
    return rv;
}

/* Which of name and address is in use. */
static apr_status_t check_free(chat_tx_t *tx, signup_t *s)
{
    chat_call_t *c = s->call;
    chat_account_t a;
    apr_status_t rv = chat_account_admit(c, tx, &s->account);
    s->given_up = 0;
    if (rv == APR_SUCCESS)
        rv = chat_account_by_email(&a, tx, c->room, s->email_key, c->pool);
    if (rv == APR_SUCCESS && chat_email_given_up(c, &a)) {
        s->given_up = a.who.id;
        return APR_SUCCESS;
    }
    if (rv == APR_SUCCESS)
        return chat_quota_probe(
            c, chat_call_refuse_detail(c, CHAT_P_EMAIL_TAKEN, "email", s->who->email));
    return rv == CHAT_NOTFOUND ? APR_SUCCESS : rv;
}

static apr_status_t look_before(chat_tx_t *tx, void *baton)
{
    signup_t *s = baton;
    apr_status_t rv = find_known(s, tx);
    return rv != APR_SUCCESS || s->known ? rv : check_free(tx, s);
}

static apr_status_t insert(chat_tx_t *tx, void *baton)
{
    signup_t *s = baton;
    chat_call_t *c = s->call;
    chat_account_t *a = &s->account;
    char digest[CHAT_DIGEST_SIZE], hash[CHAT_HASH_SIZE];
    apr_status_t rv = find_known(s, tx);
    if (rv != APR_SUCCESS || s->known)
        return rv;
    rv = check_free(tx, s);
    if (rv == APR_SUCCESS && s->given_up)
        rv = chat_account_set_email(tx, s->given_up, NULL, NULL);
    if (rv == APR_SUCCESS)
        rv = chat_account_insert(&a->who.id, tx, a, s->email_key);
    if (rv != APR_SUCCESS)
        return rv;
    chat_secret_activation(digest, &c->site->secret, a->who.uuid);
    chat_hash_keyed(hash, &c->site->secret, "activation", digest, CHAT_DIGEST_LEN);
    rv = chat_activation_insert(tx, hash, a->who.id);
    if (rv == APR_SUCCESS)
        rv = chat_mail_write(c, tx, a, s->who->link, s->nonce);
    return rv == APR_SUCCESS ? chat_once_remember(c, tx, a->name_key, a->who.id) : rv;
}

static apr_status_t store(signup_t *s)
{
    chat_call_t *c = s->call;
    char password[CHAT_INITIAL_SIZE];
    apr_status_t rv = chat_store_read(c->site->store, look_before, s);
    if (rv != APR_SUCCESS || s->known)
        return rv;
    chat_secret_password(password, &c->site->secret, s->nonce);
    rv = chat_account_hash(&s->account.password_hash, c, s->account.created, password);
    return rv == APR_SUCCESS ? chat_store_write(c->site->store, insert, s) : rv;
}

apr_status_t chat_account_signup(chat_signup_t *out, chat_call_t *c,
                                 const chat_newcomer_t *who)
{
    signup_t s = {.call = c, .who = who, .out = out};
    chat_account_t *a = &s.account;
    apr_status_t rv;
    if (c->settings->registration != CHAT_REGISTRATION_OPEN)
        return chat_call_refuse(c, CHAT_P_CLOSED_REGISTRATION, NULL);
    rv = chat_account_prepare(a, c, who->name);
    if (rv == APR_SUCCESS)
        rv = chat_call_limit(c, CHAT_LIMIT_REGISTRATIONS);
    if (rv != APR_SUCCESS)
        return rv;
    a->who.state = CHAT_ACCOUNT_PENDING;
    a->email = who->email;
    s.email_key = chat_email_key(who->email, c->pool);
    s.nonce = make_nonce(c);
    rv = store(&s);
    if (rv != APR_SUCCESS || s.known)
        chat_call_unlimit(c);
    if (rv == APR_SUCCESS)
        reveal(&s);
    return rv;
}

typedef struct activate_t {
    chat_call_t *call;
    const char *hash;
    chat_identity_t who;
} activate_t;

static apr_status_t find_pending(chat_tx_t *tx, void *baton)
{
    activate_t *a = baton;
    chat_call_t *c = a->call;
    apr_int64_t id;
    apr_status_t rv = chat_activation_find(&id, tx, a->hash);
    if (rv == APR_SUCCESS)
        rv = chat_identity_by_id(&a->who, tx, id, c->pool);
    if (rv == CHAT_NOTFOUND || (rv == APR_SUCCESS && (a->who.room != c->room ||
                                                      a->who.state > CHAT_ACCOUNT_OPEN)))
        return chat_call_refuse(c, CHAT_P_ACTIVATION, "user_digest");
    return rv;
}

static apr_status_t open_account(chat_tx_t *tx, void *baton)
{
    activate_t *a = baton;
    apr_status_t rv = find_pending(tx, a);
    if (rv != APR_SUCCESS || a->who.state == CHAT_ACCOUNT_OPEN)
        return rv;
    rv = chat_account_set_state(tx, a->who.id, CHAT_ACCOUNT_OPEN, 0);
    return rv == APR_SUCCESS ? chat_account_changed(tx, &a->who) : rv;
}

apr_status_t chat_account_activate(chat_call_t *c, const char *digest)
{
    char hash[CHAT_HASH_SIZE];
    activate_t a = {.call = c, .hash = hash};
    apr_status_t rv;
    chat_hash_keyed(hash, &c->site->secret, "activation", digest, strlen(digest));
    rv = chat_store_read(c->site->store, find_pending, &a);
    if (rv != APR_SUCCESS || a.who.state == CHAT_ACCOUNT_OPEN)
        return rv;
    rv = chat_store_write(c->site->store, open_account, &a);
    if (rv == APR_SUCCESS)
        chat_event_hint(c, a.who.room);
    return rv;
}

/* ---- a forgotten password ---- */

static apr_status_t find_forgetful(chat_tx_t *tx, void *baton)
{
    signup_t *s = baton;
    chat_call_t *c = s->call;
    chat_account_t *a = &s->account;
    apr_status_t rv = chat_account_by_email(a, tx, c->room, s->email_key, c->pool);
    if (rv == CHAT_NOTFOUND ||
        (rv == APR_SUCCESS &&
         (a->who.state > CHAT_ACCOUNT_OPEN ||
          strcmp(a->name_key, chat_name_fold(s->who->name, c->pool)) != 0)))
        return chat_call_refuse_detail(c, CHAT_P_NO_ACCOUNT, "user_name", s->who->name);
    return rv;
}

/* A pending account gets another mail, with a new password: the old one was never used.
 */
static apr_status_t give_password(chat_tx_t *tx, void *baton)
{
    signup_t *s = baton;
    chat_call_t *c = s->call;
    const char *hash = s->account.password_hash;
    apr_status_t rv = find_forgetful(tx, s);
    if (rv != APR_SUCCESS)
        return rv;
    s->account.password_hash = hash;
    if (c->site->mail && s->account.who.state == CHAT_ACCOUNT_OPEN)
        rv = chat_second_put(tx, s->account.who.id, hash,
                             c->now + apr_time_from_sec(SECOND_SECONDS));
    else
        rv = chat_account_replace_password(tx, c, &s->account.who, hash);
    return rv == APR_SUCCESS ? chat_mail_write(c, tx, &s->account, s->who->link, s->nonce)
                             : rv;
}

static apr_status_t renew(signup_t *s)
{
    chat_call_t *c = s->call;
    char password[CHAT_INITIAL_SIZE];
    apr_status_t rv;
    if (!c->site->mail && !c->site->reveal_passwords)
        return APR_SUCCESS;
    chat_secret_password(password, &c->site->secret, s->nonce);
    rv = chat_account_hash(&s->account.password_hash, c, s->account.created, password);
    if (rv == APR_SUCCESS)
        rv = chat_store_write(c->site->store, give_password, s);
    if (rv == APR_SUCCESS)
        chat_event_hint(c, c->room);
    return rv;
}

apr_status_t chat_account_forgot(chat_signup_t *out, chat_call_t *c,
                                 const chat_newcomer_t *who)
{
    signup_t s = {.call = c, .who = who, .out = out};
    apr_status_t rv;
    s.email_key = chat_email_key(who->email, c->pool);
    /* never undone: unwanted mail is as harmful as a guess */
    rv = chat_attempt_count(c, chat_name_fold(who->name, c->pool));
    if (rv == APR_SUCCESS)
        rv = chat_store_read(c->site->store, find_forgetful, &s);
    if (rv != APR_SUCCESS)
        return rv;
    s.nonce = make_nonce(c);
    rv = renew(&s);
    if (rv == APR_SUCCESS)
        reveal(&s);
    return rv;
}
