/* SPDX-License-Identifier: Apache-2.0 */
/* Rules of guests. */
#include "core/guests.h"

#include "base/bounds.h"
#include "base/name.h"
#include "base/text.h"
#include "core/accounts.h"
#include "core/admission.h"
#include "core/channels.h"
#include "core/emergencies.h"
#include "core/tokens.h"
#include "store/guest.h"

#include <apr_strings.h>
#include <string.h>

#define NAME_MAX_CHARACTERS 32
#define DIGITS 6
#define TRIES 5

typedef struct guest_t {
    chat_call_t *call;
    const char *asked; /* name, or NULL */
    const chat_auth_t *auth;
    chat_account_t account;
    chat_identity_t who;
    char *token;
} guest_t;

/* The rules of accounts apply to the name behind the mark. */
static apr_status_t name_guest(guest_t *g)
{
    chat_call_t *c = g->call;
    char digits[DIGITS + 1];
    const char *name = g->asked;
    apr_status_t rv;
    if (!name) {
        chat_random_text(digits, DIGITS, "0123456789");
        name = apr_pstrcat(c->pool, "guest-", digits, NULL);
    }
    memset(&g->account, 0, sizeof(g->account));
    rv = chat_account_prepare(&g->account, c, name);
    if (rv == APR_SUCCESS && chat_text_length(name, strlen(name)) > NAME_MAX_CHARACTERS) {
        c->problem.number = CHAT_NAME_LONG;
        return chat_call_refuse(c, CHAT_P_NAME_RULE, "name");
    }
    g->account.who.name = apr_pstrcat(c->pool, CHAT_GUEST_MARK, name, NULL);
    g->account.name_key =
        apr_pstrcat(c->pool, CHAT_GUEST_MARK, g->account.name_key, NULL);
    g->account.who.rank = CHAT_RANK_GUEST;
    return rv;
}

static apr_status_t join(guest_t *g, chat_tx_t *tx)
{
    chat_call_t *c = g->call;
    const apr_array_header_t *names = c->site->guest_channels;
    int joined = 0;
    apr_status_t rv = APR_SUCCESS;
    for (int i = 0; i < names->nelts && rv == APR_SUCCESS; i++) {
        const char *key = chat_name_fold(APR_ARRAY_IDX(names, i, const char *), c->pool);
        chat_channel_t ch;
        rv = chat_channel_by_name(&ch, tx, 0, c->room, key, c->pool);
        if (rv == APR_SUCCESS && ch.public) {
            rv = chat_member_put(c, tx, &ch, g->account.who.id, CHAT_READ | CHAT_WRITE);
            joined++;
        }
        if (rv == CHAT_NOTFOUND)
            rv = APR_SUCCESS;
    }
    return rv == APR_SUCCESS && !joined ? chat_call_refuse(c, CHAT_P_NO_CHANNEL, "name")
                                        : rv;
}

/* The answer has a token: a key that another client guesses is not enough for it. */
static const char *principal(const guest_t *g)
{
    return apr_pstrcat(g->call->pool, g->call->client, " ",
                       g->asked ? g->account.name_key : "", NULL);
}

static apr_status_t insert(chat_tx_t *tx, void *baton)
{
    guest_t *g = baton;
    chat_call_t *c = g->call;
    apr_int64_t known;
    int made;
    apr_status_t rv = chat_once_known(&known, c, tx, principal(g));
    if (rv == APR_SUCCESS && known) {
        rv = chat_account_by_id(&g->account, tx, known, c->pool);
        return rv == APR_SUCCESS ? chat_token_get(g->token, c, &g->account) : rv;
    }
    if (rv == APR_SUCCESS)
        rv = chat_emergency_check(c, tx);
    if (rv == APR_SUCCESS)
        rv = chat_account_insert(&g->account.who.id, tx, &g->account, NULL);
    if (rv == APR_SUCCESS)
        rv = chat_guest_set_used(tx, g->account.who.id, c->now);
    if (rv == APR_SUCCESS)
        rv = join(g, tx);
    if (rv == APR_SUCCESS)
        rv = chat_token_keep(g->token, &made, c, tx, &g->account);
    return rv == APR_SUCCESS ? chat_once_remember(c, tx, principal(g), g->account.who.id)
                             : rv;
}

apr_status_t chat_guest_enter(chat_signed_t *out, chat_call_t *c, const char *name)
{
    guest_t g = {.call = c, .asked = name, .token = out->token};
    apr_status_t rv = chat_call_limit(c, CHAT_LIMIT_REGISTRATIONS);
    if (rv != APR_SUCCESS)
        return rv;
    rv = CHAT_CONFLICT;
    for (int i = 0; i < (name ? 1 : TRIES) && rv == CHAT_CONFLICT; i++) {
        rv = name_guest(&g);
        if (rv == APR_SUCCESS)
            rv = chat_store_write(c->site->store, insert, &g);
    }
    if (rv == CHAT_CONFLICT)
        rv = chat_call_refuse(c, CHAT_P_NAME_TAKEN, "name");
    if (rv == APR_SUCCESS)
        chat_event_hint(c, c->room);
    else
        chat_call_unlimit(c);
    out->who = g.account.who;
    out->created = 1;
    return rv;
}

/* ---- an account of its own ---- */

static apr_status_t resolve(guest_t *g, chat_tx_t *tx)
{
    apr_status_t rv = chat_auth_resolve(&g->who, g->call, tx, g->auth);
    if (rv == CHAT_REFUSED && g->call->problem.code == CHAT_P_NOT_LOGGED_IN)
        g->call->problem.code = CHAT_P_NONE;
    else if (rv != APR_SUCCESS || g->who.rank == CHAT_RANK_GUEST)
        return rv;
    return CHAT_NOTFOUND;
}

static apr_status_t look(chat_tx_t *tx, void *baton)
{
    return resolve(baton, tx);
}

static apr_status_t admit(chat_tx_t *tx, void *baton)
{
    guest_t *g = baton;
    return chat_account_admit(g->call, tx, &g->account);
}

static apr_status_t promote(chat_tx_t *tx, void *baton)
{
    guest_t *g = baton;
    apr_status_t rv = resolve(g, tx);
    if (rv == APR_SUCCESS)
        rv = chat_guest_promote(tx, g->who.id, &g->account, g->call->pool);
    if (rv == CHAT_CONFLICT)
        return chat_call_refuse(g->call, CHAT_P_NAME_TAKEN, "username");
    if (rv == APR_SUCCESS)
        rv = chat_once_remember(g->call, tx, g->account.name_key, g->who.id);
    return rv == APR_SUCCESS ? chat_account_changed(tx, &g->who) : rv;
}

apr_status_t chat_guest_register(chat_call_t *c, const chat_auth_t *auth,
                                 const char *name, const char *password)
{
    guest_t g = {.call = c, .auth = auth};
    apr_status_t rv;
    if (c->settings->registration != CHAT_REGISTRATION_OPEN)
        return chat_call_refuse(c, CHAT_P_CLOSED_REGISTRATION, NULL);
    rv = chat_store_read(c->site->store, look, &g);
    if (rv != APR_SUCCESS)
        return rv;
    chat_once_add(c, name);
    rv = chat_account_prepare(&g.account, c, name);
    if (rv == APR_SUCCESS)
        rv = chat_call_limit(c, CHAT_LIMIT_REGISTRATIONS);
    if (rv != APR_SUCCESS)
        return rv;
    rv = chat_store_read(c->site->store, admit, &g);
    if (rv == APR_SUCCESS)
        rv = chat_account_hash(&g.account.password_hash, c, g.account.created, password);
    if (rv == APR_SUCCESS)
        rv = chat_store_write(c->site->store, promote, &g);
    if (rv == APR_SUCCESS)
        chat_event_hint(c, c->room);
    else
        chat_call_unlimit(c);
    return rv;
}

/* ---- */

typedef struct use_t {
    chat_call_t *call;
    apr_time_t used;
} use_t;

static apr_status_t last_use(chat_tx_t *tx, void *baton)
{
    use_t *u = baton;
    return chat_guest_used(&u->used, tx, u->call->guest);
}

static apr_status_t use(chat_tx_t *tx, void *baton)
{
    use_t *u = baton;
    apr_status_t rv = chat_guest_used(&u->used, tx, u->call->guest);
    return rv == APR_SUCCESS ? chat_guest_set_used(tx, u->call->guest, u->call->now) : rv;
}

apr_status_t chat_guest_touch(chat_call_t *c)
{
    use_t u = {.call = c};
    apr_status_t rv = chat_store_read(c->site->store, last_use, &u);
    if (rv == APR_SUCCESS &&
        u.used + apr_time_from_sec(CHAT_GUEST_TOUCH_SECONDS) < c->now)
        rv = chat_store_write(c->site->store, use, &u);
    return rv == CHAT_NOTFOUND ? APR_SUCCESS : rv;
}
