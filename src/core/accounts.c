/* SPDX-License-Identifier: Apache-2.0 */
/* Rules of accounts and Button tokens. */
#include "core/accounts.h"

#include "base/address.h"
#include "base/bounds.h"
#include "base/name.h"
#include "base/skeleton.h"
#include "core/auth.h"
#include "core/messages.h"
#include "core/quota.h"
#include "store/activation.h"
#include "store/session.h"

#include <apr_strings.h>
#include <string.h>

/* Kinglet's and teendevops' paths would hide them; "system" is the server's own name. */
static int is_reserved(const char *name, apr_pool_t *pool)
{
    static const char *const names[] = {"get",      "findsimilar", "login",
                                        "password", "activate",    "system"};
    for (apr_size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        if (!strcmp(chat_name_skeleton(name, pool), chat_name_skeleton(names[i], pool)))
            return 1;
    }
    return 0;
}

static apr_status_t read_name(const char **key, chat_call_t *c, const char *name)
{
    chat_name_t result = c->dialect == CHAT_CHATROOM
                             ? chat_name_spaced(key, name, c->pool)
                             : chat_name_account(key, name, c->pool);
    if (result != CHAT_NAME_OK) {
        chat_call_refuse(c, CHAT_P_NAME_RULE, "username");
        c->problem.number = result;
        return CHAT_REFUSED;
    }
    return is_reserved(name, c->pool)
               ? chat_call_refuse_detail(c, CHAT_P_NAME_TAKEN, "username", name)
               : APR_SUCCESS;
}

static apr_status_t enter_hash(chat_call_t *c, apr_time_t created)
{
    const char *address = c->address ? c->address : "";
    char network[CHAT_ADDRESS_SIZE];
    /* the queue is too short to give each /64 of a network a part of it */
    if (chat_address_network(network, address))
        address = network;
    return c->site->hash_enter
               ? c->site->hash_enter(
                     c->site->hash_baton, chat_call_young(c, created),
                     chat_hash_short(&c->site->secret, address, strlen(address)))
               : APR_SUCCESS;
}

static void leave_hash(chat_call_t *c, apr_time_t created)
{
    if (c->site->hash_leave)
        c->site->hash_leave(c->site->hash_baton, chat_call_young(c, created));
}

apr_status_t chat_account_hash(const char **hash, chat_call_t *c, apr_time_t created,
                               const char *password)
{
    apr_status_t rv;
    if (strlen(password) > CHAT_PASSWORD_MAX)
        return chat_call_refuse(c, CHAT_P_PASSWORD_RULE, "password");
    rv = enter_hash(c, created);
    if (rv != APR_SUCCESS)
        return rv;
    rv = chat_password_hash(hash, password, CHAT_PASSWORD_COST, c->pool);
    leave_hash(c, created);
    return rv;
}

apr_int64_t chat_account_color(const char *name_key)
{
    /* FNV-1a: only the spread matters */
    apr_uint32_t h = 2166136261u;
    for (; *name_key; name_key++)
        h = (h ^ (unsigned char)*name_key) * 16777619u;
    return ((apr_int64_t)(64 + h % 128) << 16) | ((64 + (h >> 8) % 128) << 8) |
           (64 + (h >> 16) % 128);
}

typedef struct newcomer_t {
    chat_call_t *call;
    chat_account_t account;
    apr_int64_t known;
} newcomer_t;

static apr_status_t find_taken(chat_tx_t *tx, void *baton)
{
    newcomer_t *n = baton;
    apr_status_t rv = chat_once_known(&n->known, n->call, tx, n->account.name_key);
    return rv != APR_SUCCESS || n->known ? rv
                                         : chat_account_admit(n->call, tx, &n->account);
}

static apr_status_t insert_account(chat_tx_t *tx, void *baton)
{
    newcomer_t *n = baton;
    chat_call_t *c = n->call;
    apr_int64_t id;
    apr_status_t rv = chat_once_known(&n->known, c, tx, n->account.name_key);
    if (rv != APR_SUCCESS || n->known)
        return rv;
    rv = chat_account_insert(&id, tx, &n->account, NULL);
    if (rv == CHAT_CONFLICT)
        return chat_call_refuse(c, CHAT_P_NAME_TAKEN, "username");
    if (rv == APR_SUCCESS)
        rv = chat_once_remember(c, tx, n->account.name_key, id);
    return rv;
}

static apr_status_t store_account(newcomer_t *n, const char *password)
{
    chat_call_t *c = n->call;
    apr_status_t rv = chat_store_read(c->site->store, find_taken, n);
    if (rv != APR_SUCCESS || n->known)
        return rv;
    rv = chat_account_hash(&n->account.password_hash, c, n->account.created, password);
    if (rv == APR_SUCCESS)
        rv = chat_store_write(c->site->store, insert_account, n);
    return rv;
}

apr_status_t chat_account_prepare(chat_account_t *a, chat_call_t *c, const char *name)
{
    apr_status_t rv = read_name(&a->name_key, c, name);
    if (rv != APR_SUCCESS)
        return rv;
    a->who.room = c->room;
    a->who.uuid = chat_uuid_new(c->pool);
    a->who.name = name;
    a->who.state = CHAT_ACCOUNT_OPEN;
    a->color = chat_account_color(a->name_key);
    a->created = c->now;
    return APR_SUCCESS;
}

apr_status_t chat_account_register(chat_call_t *c, const char *name, const char *password)
{
    newcomer_t n = {.call = c};
    apr_status_t rv;
    if (c->settings->registration != CHAT_REGISTRATION_OPEN)
        return chat_call_refuse(c, CHAT_P_CLOSED_REGISTRATION, NULL);
    rv = chat_account_prepare(&n.account, c, name);
    chat_once_add(c, name);
    if (rv == APR_SUCCESS)
        rv = chat_call_limit(c, CHAT_LIMIT_REGISTRATIONS);
    if (rv != APR_SUCCESS)
        return rv;
    rv = store_account(&n, password);
    if (rv != APR_SUCCESS || n.known)
        chat_call_unlimit(c);
    if (rv == APR_SUCCESS && n.known)
        rv = chat_once_again(c, chat_account_verify(&n.account, c, name, password));
    return rv;
}

static int same(const char *a, const char *b)
{
    return a && b && !strcmp(a, b);
}

apr_status_t chat_account_recheck(chat_account_t *out, chat_call_t *c, chat_tx_t *tx,
                                  const chat_account_t *a)
{
    apr_status_t rv = chat_account_by_id(out, tx, a->who.id, c->pool);
    if (rv != APR_SUCCESS && rv != CHAT_NOTFOUND)
        return rv;
    if (rv == CHAT_NOTFOUND || out->who.state != CHAT_ACCOUNT_OPEN ||
        !(a->password_hash ? same(out->password_hash, a->password_hash)
                           : same(out->token_hash, a->token_hash)))
        return chat_call_refuse(c, CHAT_P_CREDENTIALS, NULL);
    return APR_SUCCESS;
}

typedef struct verify_t {
    chat_call_t *call;
    const chat_credentials_t *shown;
    chat_account_t *account;
    const char *second; /* a mailed password's hash, or NULL */
    int by_second;      /* it is what fits */
    const char *new_hash;
} verify_t;

/* An e-mail address has an at-sign and no name has one. */
static apr_status_t find_account(chat_tx_t *tx, void *baton)
{
    verify_t *v = baton;
    chat_call_t *c = v->call;
    const char *key = chat_name_fold(v->shown->name, c->pool);
    apr_status_t rv;
    if (v->shown->email && strchr(key, '@'))
        rv = chat_account_by_email(v->account, tx, c->room, key, c->pool);
    else
        rv = chat_account_by_name(v->account, tx, c->room, key, c->pool);
    v->second = NULL;
    if (rv != APR_SUCCESS)
        return rv;
    rv = chat_second_find(&v->second, tx, v->account->who.id, c->now, c->pool);
    return rv == CHAT_NOTFOUND ? APR_SUCCESS : rv;
}

/* CHAT_CONFLICT: another request was faster, and the stored hash is no longer the one
 * that matched. */
static apr_status_t rehash(chat_tx_t *tx, void *baton)
{
    verify_t *v = baton;
    chat_account_t now;
    apr_status_t rv = chat_account_recheck(&now, v->call, tx, v->account);
    if (rv == CHAT_REFUSED)
        return CHAT_CONFLICT;
    return rv == APR_SUCCESS
               ? chat_account_set_password(tx, v->account->who.id, v->new_hash)
               : rv;
}

/* A hash of an older cost is renewed while the password is known. */
static apr_status_t renew_hash(verify_t *v, const char *password)
{
    apr_status_t rv;
    if (!v->account->password_hash || !chat_password_outdated(v->account->password_hash))
        return APR_SUCCESS;
    rv = chat_account_hash(&v->new_hash, v->call, v->account->created, password);
    if (rv == APR_SUCCESS)
        rv = chat_store_write(v->call->site->store, rehash, v);
    if (rv == APR_SUCCESS)
        v->account->password_hash = v->new_hash;
    return rv;
}

/* What one attempt to log in meets: COUNT failures, and checks of passwords at all. */
typedef struct attempt_t {
    chat_quota_t account; /* failures: for this account from this address */
    chat_quota_t address; /* ... for any account from this address */
    chat_quota_t checks;
} attempt_t;

/* STATE is something of the account that a new password or an administrator's word
 * changes: then its failures are forgotten. */
static void plan_attempt(attempt_t *at, chat_call_t *c, const char *key,
                         const char *state)
{
    chat_rule_t rule = c->settings->limits[c->dialect][CHAT_LIMIT_LOGINS];
    chat_rule_t checks = {CHAT_CHECKS_PER_ACCOUNT, CHAT_CHECKS_SECONDS, 1};
    const char *who =
        apr_psprintf(c->pool, "login %" APR_INT64_T_FMT " %s\n%s", c->room, key, state);
    memset(at, 0, sizeof(*at));
    if (!rule.count)
        return;
    chat_quota_add_address(&at->account, c, who, rule, CHAT_WIDE_ACCOUNT);
    rule.count = CHAT_FAILURES_PER_ADDRESS;
    chat_quota_add_address(&at->address, c, "logins", rule, CHAT_WIDE);
    chat_quota_share(&at->account, c);
    chat_quota_share(&at->address, c);
    chat_quota_add_address(&at->checks, c, apr_pstrcat(c->pool, "check ", who, NULL),
                           checks, CHAT_WIDE_ACCOUNT);
    checks.count = CHAT_CHECKS_PER_ADDRESS;
    chat_quota_add_address(&at->checks, c, "checks", checks, CHAT_WIDE);
}

static apr_status_t allow_attempt(const attempt_t *at, chat_call_t *c)
{
    apr_status_t rv = chat_quota_ask(&at->address, c, CHAT_P_THROTTLED);
    return rv == APR_SUCCESS ? chat_quota_ask(&at->account, c, CHAT_P_THROTTLED) : rv;
}

static void end_attempt(const attempt_t *at, chat_call_t *c, int fits)
{
    chat_problem_t problem = c->problem;
    if (fits) {
        chat_quota_clear(&at->account, c);
        return;
    }
    chat_quota_take(&at->address, c, CHAT_P_THROTTLED);
    chat_quota_take(&at->account, c, CHAT_P_THROTTLED);
    c->problem = problem;
}

apr_status_t chat_attempt_count(chat_call_t *c, const char *key)
{
    attempt_t attempt;
    apr_status_t rv;
    plan_attempt(&attempt, c, key, "");
    rv = allow_attempt(&attempt, c);
    if (rv == APR_SUCCESS)
        end_attempt(&attempt, c, 0);
    else
        chat_login_refused(c, NULL);
    return rv;
}

static apr_status_t take_second(chat_tx_t *tx, void *baton)
{
    verify_t *v = baton;
    chat_call_t *c = v->call;
    const char *hash;
    apr_status_t rv = chat_second_find(&hash, tx, v->account->who.id, c->now, c->pool);
    if (rv == CHAT_NOTFOUND || (rv == APR_SUCCESS && strcmp(hash, v->second) != 0))
        return chat_call_refuse(c, CHAT_P_CREDENTIALS, NULL);
    return rv == APR_SUCCESS
               ? chat_account_replace_password(tx, c, &v->account->who, v->second)
               : rv;
}

/* A mailed password replaces the old one: only the recipient of the mail can use it. */
static apr_status_t use_second(verify_t *v)
{
    apr_status_t rv = chat_store_write(v->call->site->store, take_second, v);
    if (rv != APR_SUCCESS)
        return rv;
    v->account->password_hash = v->second;
    v->account->token_hash = NULL;
    chat_event_hint(v->call, v->account->who.room);
    return APR_SUCCESS;
}

/* A guest's token is for the Button API alone. */
static int token_fits(const verify_t *v)
{
    const chat_account_t *a = v->account;
    chat_auth_t auth;
    chat_auth_token(&auth, v->call, v->shown->password);
    return !a->password_hash && a->token_hash && a->who.rank >= CHAT_RANK_MEMBER &&
           chat_equal_secret(auth.hash, a->token_hash);
}

static int password_fits(verify_t *v)
{
    const char *password = v->shown->password;
    if (strlen(password) > CHAT_PASSWORD_MAX)
        return 0;
    if (v->shown->session && token_fits(v))
        return 1;
    if (chat_password_check(password, v->account->password_hash))
        return 1;
    v->by_second = v->second && chat_password_check(password, v->second);
    return v->by_second;
}

/* A client that knows the password may learn why it is refused. */
static apr_status_t refuse_state(const verify_t *v)
{
    chat_account_state_t state = v->account->who.state;
    if (v->shown->tell_state && state == CHAT_ACCOUNT_BANNED)
        return chat_call_refuse(v->call, CHAT_P_BANNED, NULL);
    if (v->shown->tell_state && state == CHAT_ACCOUNT_PENDING)
        return chat_call_refuse(v->call, CHAT_P_PENDING, NULL);
    return chat_call_refuse(v->call, CHAT_P_CREDENTIALS, NULL);
}

static const char *state_of(const chat_account_t *a, apr_pool_t *pool)
{
    return a->password_hash
               ? apr_psprintf(pool, "%d %s", (int)a->who.state, a->password_hash)
               : "";
}

/* Asks and counts while it holds one of the few places for hashing, so that attempts side
 * by side pass the limit by their number at most, and right ones never wear it down. */
static apr_status_t check_password(verify_t *v)
{
    chat_call_t *c = v->call;
    const chat_account_t *a = v->account;
    attempt_t attempt;
    int fits, open;
    apr_status_t rv;
    /* failures count for the account, under any name of it */
    plan_attempt(&attempt, c,
                 a->name_key ? a->name_key : chat_name_fold(v->shown->name, c->pool),
                 state_of(a, c->pool));
    rv = allow_attempt(&attempt, c);
    if (rv == APR_SUCCESS)
        rv = chat_quota_ask(&attempt.checks, c, CHAT_P_THROTTLED);
    if (rv == APR_SUCCESS)
        rv = enter_hash(c, a->created);
    if (rv != APR_SUCCESS)
        return rv;
    rv = allow_attempt(&attempt, c);
    if (rv == APR_SUCCESS)
        rv = chat_quota_take(&attempt.checks, c, CHAT_P_THROTTLED);
    if (rv == APR_SUCCESS) {
        fits = password_fits(v);
        open = fits && a->who.state == CHAT_ACCOUNT_OPEN;
        end_attempt(&attempt, c, open);
        if (!fits)
            rv = chat_call_refuse(c, CHAT_P_CREDENTIALS, NULL);
        else if (!open)
            rv = refuse_state(v);
    }
    leave_hash(c, a->created);
    return rv;
}

static apr_status_t log_in(chat_account_t *out, chat_call_t *c,
                           const chat_credentials_t *shown)
{
    verify_t v = {.call = c, .shown = shown, .account = out};
    apr_status_t rv = chat_store_read(c->site->store, find_account, &v);
    if (rv == CHAT_NOTFOUND)
        memset(out, 0, sizeof(*out));
    else if (rv != APR_SUCCESS)
        return rv;
    rv = check_password(&v);
    if (rv == APR_SUCCESS)
        c->account = out->who.name;
    if (rv == APR_SUCCESS && v.by_second)
        return use_second(&v);
    return rv == APR_SUCCESS ? renew_hash(&v, shown->password) : rv;
}

void chat_login_refused(const chat_call_t *c, const char *account)
{
    int throttled = c->problem.code == CHAT_P_THROTTLED;
    if (!chat_quota_note(c, throttled ? 221 : 220))
        return;
    /* the text typed as a name may be a password */
    account = account ? apr_psprintf(c->pool, "account \"%s\"", account) : "no account";
    if (throttled)
        chat_log(&c->site->log, CHAT_LOG_NOTICE, 221, APR_SUCCESS,
                 "too many failed logins from %s: %s", c->client, account);
    else
        chat_log(&c->site->log, CHAT_LOG_NOTICE, 220, APR_SUCCESS,
                 "failed login from %s: %s", c->client, account);
}

apr_status_t chat_account_login(chat_account_t *out, chat_call_t *c,
                                const chat_credentials_t *shown)
{
    apr_status_t rv = log_in(out, c, shown);
    if (rv == CHAT_CONFLICT) {
        c->problem.code = CHAT_P_NONE;
        rv = log_in(out, c, shown);
    }
    if (rv == CHAT_REFUSED) {
        CHAT_COUNT(c->site->metrics, failed_logins, 0);
        chat_login_refused(c, out->who.name);
    }
    if (rv == APR_SUCCESS)
        CHAT_COUNT(c->site->metrics, logins, 0);
    return rv;
}

apr_status_t chat_account_verify(chat_account_t *out, chat_call_t *c, const char *name,
                                 const char *password)
{
    chat_credentials_t shown = {.name = name, .password = password};
    return chat_account_login(out, c, &shown);
}

apr_status_t chat_account_changed(chat_tx_t *tx, const chat_identity_t *who)
{
    chat_event_t e = {.kind = CHAT_EVENT_ACCOUNT_CHANGED, .account = who->id};
    return chat_event_add(tx, who->room, &e);
}

apr_status_t chat_account_revoke(chat_tx_t *tx, const chat_identity_t *who)
{
    apr_status_t rv = chat_account_drop_token(tx, who->id);
    if (rv == APR_SUCCESS)
        rv = chat_session_end_all(tx, who->id);
    if (rv == APR_SUCCESS)
        rv = chat_second_delete(tx, who->id);
    return rv == APR_SUCCESS ? chat_account_changed(tx, who) : rv;
}

apr_status_t chat_account_replace_password(chat_tx_t *tx, const chat_call_t *c,
                                           const chat_identity_t *who, const char *hash)
{
    apr_status_t rv = chat_account_set_password(tx, who->id, hash);
    if (rv == APR_SUCCESS && c->site->password_ends_sessions)
        return chat_account_revoke(tx, who);
    if (rv == APR_SUCCESS)
        rv = chat_second_delete(tx, who->id);
    if (rv == APR_SUCCESS)
        rv = chat_account_drop_token(tx, who->id);
    if (rv == APR_SUCCESS)
        rv = chat_session_end_others(tx, who->id, CHAT_KINGLET);
    return rv == APR_SUCCESS ? chat_account_changed(tx, who) : rv;
}

static apr_status_t set_password(chat_tx_t *tx, void *baton)
{
    verify_t *v = baton;
    chat_account_t now;
    apr_status_t rv = chat_account_recheck(&now, v->call, tx, v->account);
    if (rv == APR_SUCCESS)
        rv = chat_account_set_password(tx, now.who.id, v->new_hash);
    return rv == APR_SUCCESS ? chat_account_revoke(tx, &now.who) : rv;
}

apr_status_t chat_account_change_password(chat_call_t *c, const char *name,
                                          const char *password, const char *new_password)
{
    chat_account_t account;
    verify_t v = {.call = c, .account = &account};
    apr_status_t rv = chat_account_verify(&account, c, name, password);
    if (rv == APR_SUCCESS)
        rv = chat_account_password(c, new_password, account.who.name);
    if (rv == APR_SUCCESS)
        rv = chat_account_hash(&v.new_hash, c, account.created, new_password);
    if (rv == APR_SUCCESS)
        rv = chat_store_write(c->site->store, set_password, &v);
    if (rv == APR_SUCCESS)
        chat_event_hint(c, account.who.room);
    return rv;
}

static apr_status_t erase(chat_tx_t *tx, void *baton)
{
    verify_t *v = baton;
    chat_account_t now;
    apr_status_t rv = chat_account_recheck(&now, v->call, tx, v->account);
    if (rv == APR_SUCCESS)
        rv = chat_account_erase(tx, now.who.id);
    return rv == APR_SUCCESS ? chat_account_changed(tx, &now.who) : rv;
}

static apr_status_t erase_messages(chat_call_t *c, const chat_account_t *a)
{
    apr_int64_t before = 0, n;
    apr_status_t rv;
    do
        rv = chat_messages_erase(&before, &n, c, &a->who);
    while (rv == APR_SUCCESS && before);
    return rv;
}

apr_status_t chat_account_close(chat_call_t *c, const char *name, const char *password,
                                int messages)
{
    chat_account_t account;
    verify_t v = {.call = c, .account = &account};
    apr_status_t rv = chat_account_verify(&account, c, name, password);
    if (rv == APR_SUCCESS && messages)
        rv = erase_messages(c, &account);
    if (rv == APR_SUCCESS)
        rv = chat_store_write(c->site->store, erase, &v);
    if (rv != APR_SUCCESS)
        return rv;
    chat_event_hint(c, account.who.room);
    /* messages sent until the account was closed */
    return messages ? erase_messages(c, &account) : APR_SUCCESS;
}
