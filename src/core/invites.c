/* SPDX-License-Identifier: Apache-2.0 */
/* Rules of invites. */
#include "core/invites.h"

#include "base/name.h"
#include "core/accounts.h"
#include "core/channels.h"
#include "core/policy.h"
#include "core/quota.h"
#include "core/sessions.h"
#include "store/invite.h"

#include <apr_strings.h>
#include <string.h>

/* What the database knows an invite by. */
static void hash_id(char out[CHAT_HASH_SIZE], const chat_call_t *c, const char *id)
{
    chat_hash_keyed(out, &c->site->secret, "invite", id, strlen(id));
}

/* The id is derived from SEED, so that the same request gets it again. */
static void derive(char id[CHAT_UUID_SIZE], const chat_call_t *c, apr_int64_t seed)
{
    const char *text =
        apr_psprintf(c->pool, "%" APR_INT64_T_FMT " %" APR_INT64_T_FMT, c->room, seed);
    char hash[CHAT_HASH_SIZE];
    chat_hash_keyed(hash, &c->site->secret, "invite-id", text, strlen(text));
    chat_uuid_derived(id, hash);
}

typedef struct create_t {
    chat_call_t *call;
    const chat_auth_t *auth;
    chat_new_invite_t *io;
    apr_int64_t seed;
} create_t;

static apr_status_t create_again(create_t *n, chat_tx_t *tx, apr_int64_t seed)
{
    chat_invite_t invite;
    char hash[CHAT_HASH_SIZE];
    apr_status_t rv;
    derive(n->io->id, n->call, seed);
    hash_id(hash, n->call, n->io->id);
    rv = chat_invite_find(&invite, tx, n->call->room, hash);
    if (rv == APR_SUCCESS)
        n->io->expires = invite.expires;
    return rv == CHAT_NOTFOUND ? APR_SUCCESS : rv;
}

static apr_status_t create(chat_tx_t *tx, void *baton)
{
    create_t *n = baton;
    chat_call_t *c = n->call;
    chat_identity_t who;
    char hash[CHAT_HASH_SIZE];
    chat_invite_t row = {.hash = hash, .uses = n->io->uses, .expires = n->io->expires};
    const char *principal;
    apr_int64_t known;
    apr_status_t rv = chat_auth_change(&who, c, tx, n->auth);
    if (rv != APR_SUCCESS)
        return rv;
    if (!chat_policy_allows(CHAT_MAY_INVITE, &who, NULL, n->auth->entry->room.owner))
        return chat_call_refuse(c, CHAT_P_NOT_OWNER, "invite");
    principal = apr_psprintf(c->pool, "%" APR_INT64_T_FMT, who.id);
    rv = chat_once_known(&known, c, tx, principal);
    if (rv != APR_SUCCESS || known)
        return rv == APR_SUCCESS ? create_again(n, tx, known) : rv;
    derive(n->io->id, c, n->seed);
    hash_id(hash, c, n->io->id);
    row.room = who.room;
    row.creator = who.id;
    row.created = c->now;
    rv = chat_invite_insert(tx, &row);
    return rv == APR_SUCCESS ? chat_once_remember(c, tx, principal, n->seed) : rv;
}

apr_status_t chat_invite_create(chat_new_invite_t *io, chat_call_t *c,
                                const chat_auth_t *auth)
{
    create_t n = {.call = c, .auth = auth, .io = io};
    chat_random_bytes(&n.seed, sizeof(n.seed));
    n.seed |= 1; /* never 0, which means no entry */
    return chat_store_write(c->site->store, create, &n);
}

typedef struct redeeming_t {
    chat_call_t *call;
    const chat_redeem_t *redeem;
    chat_account_t account;
    chat_lobby_t *lobby;
    char hash[CHAT_HASH_SIZE];
    apr_int64_t known; /* the account that this request created before */
} redeeming_t;

static apr_status_t refuse_invite(redeeming_t *d, chat_tx_t *tx)
{
    chat_call_t *c = d->call;
    chat_invite_t invite;
    apr_status_t rv = chat_invite_find(&invite, tx, c->room, d->hash);
    if (rv == CHAT_NOTFOUND)
        return chat_call_refuse(c, CHAT_P_NO_INVITE, "inviteID");
    if (rv != APR_SUCCESS)
        return rv;
    if (invite.uses < 1)
        return chat_call_refuse(c, CHAT_P_INVITE_USED, "inviteID");
    if (invite.expires <= c->now)
        return chat_call_refuse(c, CHAT_P_INVITE_EXPIRED, "inviteID");
    return APR_SUCCESS;
}

/* The refusals that need no hash, in the order of the answers. */
static apr_status_t look(chat_tx_t *tx, void *baton)
{
    redeeming_t *d = baton;
    chat_call_t *c = d->call;
    chat_entry_t *entry = &d->lobby->entry;
    apr_status_t rv = chat_auth_room(&entry->room, c, tx, d->redeem->room_uuid);
    if (rv != APR_SUCCESS)
        return rv;
    if (c->settings->registration == CHAT_REGISTRATION_CLOSED)
        return chat_call_refuse(c, CHAT_P_CLOSED_REGISTRATION, NULL);
    rv = chat_once_known(&d->known, c, tx, chat_name_fold(d->redeem->username, c->pool));
    if (rv != APR_SUCCESS || d->known)
        return rv;
    rv = refuse_invite(d, tx);
    if (rv == APR_SUCCESS)
        rv = chat_room_password(c, entry->room.min_password, d->redeem->password);
    if (rv == APR_SUCCESS)
        rv = chat_account_password(c, d->redeem->password, d->redeem->username);
    if (rv == APR_SUCCESS)
        rv = chat_account_prepare(&d->account, c, d->redeem->username);
    if (rv != APR_SUCCESS)
        return rv;
    return chat_account_admit(c, tx, &d->account);
}

/* The use is consumed with the account: when the name was taken meanwhile it is given
 * back. */
static apr_status_t redeem(chat_tx_t *tx, void *baton)
{
    redeeming_t *d = baton;
    chat_call_t *c = d->call;
    chat_account_t *a = &d->account;
    chat_entry_t *entry = &d->lobby->entry;
    apr_status_t rv = chat_once_known(&d->known, c, tx, a->name_key);
    if (rv != APR_SUCCESS || d->known)
        return rv;
    rv = chat_invite_use(tx, c->room, d->hash, c->now);
    if (rv == CHAT_NOTFOUND) {
        rv = refuse_invite(d, tx);
        return rv == APR_SUCCESS ? CHAT_BUG : rv;
    }
    if (rv == APR_SUCCESS)
        rv = chat_account_insert(&a->who.id, tx, a, NULL);
    if (rv == CHAT_CONFLICT)
        return chat_call_refuse(c, CHAT_P_NAME_TAKEN, "username");
    if (rv == APR_SUCCESS)
        rv = chat_session_begin(c, tx, a->who.id, d->redeem->session);
    if (rv == APR_SUCCESS)
        rv = chat_once_remember(c, tx, a->name_key, a->who.id);
    entry->who = a->who;
    if (rv == APR_SUCCESS)
        rv = chat_channels_readable(&d->lobby->channels, tx, &entry->who, c->pool);
    return rv;
}

static apr_status_t make_account(redeeming_t *d)
{
    chat_call_t *c = d->call;
    apr_status_t rv = chat_call_limit(c, CHAT_LIMIT_REGISTRATIONS);
    if (rv != APR_SUCCESS)
        return rv;
    rv = chat_account_hash(&d->account.password_hash, c, d->account.created,
                           d->redeem->password);
    if (rv == APR_SUCCESS)
        rv = chat_store_write(c->site->store, redeem, d);
    if (rv != APR_SUCCESS || d->known)
        chat_call_unlimit(c);
    return rv;
}

apr_status_t chat_invite_redeem(chat_lobby_t *out, chat_call_t *c,
                                const chat_redeem_t *wanted)
{
    redeeming_t *d = apr_pcalloc(c->pool, sizeof(*d));
    chat_room_login_t again = {.name = wanted->username, .password = wanted->password};
    apr_status_t rv;
    d->call = c;
    d->redeem = wanted;
    d->lobby = out;
    hash_id(d->hash, c, wanted->id);
    chat_once_add(c, apr_pstrcat(c->pool, wanted->username, "\n", wanted->id, NULL));
    rv = chat_store_read(c->site->store, look, d);
    if (rv == APR_SUCCESS && !d->known)
        rv = make_account(d);
    if (rv != APR_SUCCESS || !d->known)
        return rv;
    again.session = wanted->session;
    return chat_once_again(c, chat_room_login(out, c, &again));
}
