/* SPDX-License-Identifier: Apache-2.0 */
/* Rules of signing on. */
#include "core/signon.h"

#include "base/text.h"
#include "core/accounts.h"
#include "core/channels.h"
#include "core/quota.h"
#include "core/tokens.h"
#include "store/assertion.h"
#include "store/session.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <string.h>

apr_status_t chat_signon_refuse(chat_call_t *c, const char *detail)
{
    if (chat_quota_note(c, 981))
        chat_log(&c->site->log, CHAT_LOG_NOTICE, 981, APR_SUCCESS,
                 "refused an assertion from %s: %s", c->client, detail);
    return chat_call_refuse_detail(c, CHAT_P_ASSERTION, "assertion", detail);
}

/* ---- names ---- */

/* NAME with each run of ASCII characters that a name may not have as one dot, none at its
 * ends; letters of other scripts are left to the rules. */
static const char *plain(const char *name, apr_size_t len, apr_pool_t *pool)
{
    char *out = apr_palloc(pool, len + 1), *p = out;
    for (apr_size_t i = 0; i < len; i++) {
        unsigned char ch = (unsigned char)name[i];
        if (ch >= 0x80 || apr_isalnum(ch) || ch == '_' || ch == '-')
            *p++ = (char)ch;
        else if (p > out && p[-1] != '.')
            *p++ = '.';
    }
    while (p > out && p[-1] == '.')
        p--;
    *p = '\0';
    return out;
}

/* The value of CN= in a distinguished name, or NULL. */
static const char *common_name(const char *name, apr_size_t *len)
{
    const char *p;
    for (p = name; (p = strstr(p, "CN=")) != NULL; p += 3) {
        if (p > name && !strchr("/, ", p[-1]))
            continue;
        *len = strcspn(p + 3, p > name && p[-1] == '/' ? "/" : ",");
        return p + 3;
    }
    return NULL;
}

void chat_signon_names(const char *names[3], const char *name, apr_pool_t *pool)
{
    apr_size_t len = 0;
    const char *part = common_name(name, &len);
    if (!part) {
        part = strrchr(name, '\\');
        part = part ? part + 1 : name;
        len = strcspn(part, "@");
    }
    names[0] = plain(part, len, pool);
    names[1] = plain(name, strlen(name), pool);
    names[2] = NULL;
    if (!strcmp(names[0], names[1]) || !*names[0]) {
        names[0] = names[1];
        names[1] = NULL;
    }
}

/* ---- the account ---- */

typedef struct enter_t {
    chat_call_t *call;
    const chat_signon_t *user;
    chat_account_t account;
    chat_signed_t *out;
    const char *names[3];
    int changed; /* readers of events look at the account again */
} enter_t;

/* Nothing of a look-alike or of a name that is taken is given to the user. */
static apr_status_t create(enter_t *e, chat_tx_t *tx)
{
    chat_call_t *c = e->call;
    apr_status_t rv = CHAT_CONFLICT;
    for (int i = 0; e->names[i] && rv == CHAT_CONFLICT; i++) {
        memset(&e->account, 0, sizeof(e->account));
        rv = chat_account_prepare(&e->account, c, e->names[i]);
        if (rv == CHAT_REFUSED && c->problem.code == CHAT_P_NAME_TAKEN)
            rv = CHAT_CONFLICT;
        else if (rv == APR_SUCCESS)
            rv = chat_account_insert(&e->account.who.id, tx, &e->account, NULL);
    }
    if (rv == CHAT_CONFLICT)
        return chat_call_refuse_detail(c, CHAT_P_NAME_FOREIGN, "username", e->names[0]);
    e->out->created = rv == APR_SUCCESS;
    return rv == APR_SUCCESS
               ? chat_external_set(tx, &e->account, e->user->external, c->pool)
               : rv;
}

static apr_status_t set_rank(enter_t *e, chat_tx_t *tx)
{
    chat_identity_t *who = &e->account.who;
    int wanted = e->user->rank;
    /* a rank that chatctl gave beyond the site's word stays */
    if (wanted < CHAT_RANK_MEMBER || wanted == who->rank ||
        who->rank > e->call->site->sign_rank)
        return APR_SUCCESS;
    who->rank = wanted;
    e->changed = 1;
    return chat_account_set_rank(tx, who->id, wanted);
}

static apr_status_t join(enter_t *e, chat_tx_t *tx, const char *name)
{
    chat_call_t *c = e->call;
    chat_channel_t ch;
    apr_status_t rv = chat_channel_by_name(&ch, tx, e->account.who.id, c->room,
                                           chat_name_fold(name, c->pool), c->pool);
    if (rv == CHAT_NOTFOUND)
        return chat_signon_refuse(c, "channels names one that does not exist");
    if (rv != APR_SUCCESS || ch.joined)
        return rv;
    return chat_member_put(c, tx, &ch, e->account.who.id,
                           ch.permissions < 0 ? CHAT_READ | CHAT_WRITE : ch.permissions);
}

static apr_status_t use_once(enter_t *e, chat_tx_t *tx)
{
    apr_status_t rv = APR_SUCCESS;
    if (e->user->once)
        rv = chat_assertion_use(tx, e->user->once, e->user->expires);
    return rv == CHAT_CONFLICT ? chat_signon_refuse(e->call, "jti was used before") : rv;
}

static apr_status_t find(enter_t *e, chat_tx_t *tx)
{
    chat_call_t *c = e->call;
    apr_status_t rv =
        chat_account_by_external(&e->account, tx, c->room, e->user->external, c->pool);
    if (rv == APR_SUCCESS && e->account.who.state != CHAT_ACCOUNT_OPEN)
        return chat_call_refuse(c, CHAT_P_BANNED, NULL);
    return rv;
}

static apr_status_t enter(chat_tx_t *tx, void *baton)
{
    enter_t *e = baton;
    int made;
    apr_status_t rv = use_once(e, tx);
    e->changed = e->out->created = 0;
    if (rv == APR_SUCCESS)
        rv = find(e, tx);
    if (rv == CHAT_NOTFOUND)
        rv = create(e, tx);
    if (rv == APR_SUCCESS)
        rv = set_rank(e, tx);
    for (int i = 0; i < e->user->channel_count && rv == APR_SUCCESS; i++)
        rv = join(e, tx, e->user->channels[i]);
    if (rv == APR_SUCCESS)
        rv = chat_token_keep(e->out->token, &made, e->call, tx, &e->account);
    if (rv == APR_SUCCESS && (e->changed || made))
        rv = chat_account_changed(tx, &e->account.who);
    return rv;
}

/* A user who is in already costs no write. */
static apr_status_t look(chat_tx_t *tx, void *baton)
{
    enter_t *e = baton;
    apr_status_t rv = find(e, tx);
    if (rv == APR_SUCCESS &&
        chat_token_get(e->out->token, e->call, &e->account) != APR_SUCCESS) {
        e->call->problem.code = CHAT_P_NONE;
        rv = CHAT_NOTFOUND;
    }
    return rv;
}

static void log_taken(const enter_t *e)
{
    const chat_call_t *c = e->call;
    if (chat_quota_note(c, 980))
        chat_log(&c->site->log, CHAT_LOG_NOTICE, 980, APR_SUCCESS,
                 "\"%s\" cannot sign on: the account %s belongs to another user; "
                 "`chatctl account set %s external=%s` gives it to this one",
                 e->user->external, e->names[0], e->names[0], e->user->external);
}

apr_status_t chat_signon_enter(chat_signed_t *out, chat_call_t *c, const chat_signon_t *s)
{
    enter_t e = {.call = c, .user = s, .out = out};
    apr_status_t rv = CHAT_NOTFOUND;
    memset(out, 0, sizeof(*out));
    if (!chat_text_valid(s->name, strlen(s->name)))
        return chat_call_refuse(c, CHAT_P_BAD_TEXT, "username");
    chat_signon_names(e.names, s->name, c->pool);
    if (!s->once)
        rv = chat_store_read(c->site->store, look, &e);
    if (rv == CHAT_NOTFOUND) {
        rv = chat_store_write(c->site->store, enter, &e);
        if (rv == APR_SUCCESS)
            chat_event_hint(c, c->room);
    }
    if (rv == CHAT_REFUSED && c->problem.code == CHAT_P_NAME_FOREIGN)
        log_taken(&e);
    out->who = e.account.who;
    return rv;
}

typedef struct end_t {
    chat_call_t *call;
    const chat_auth_t *auth;
    chat_identity_t who;
} end_t;

static apr_status_t end(chat_tx_t *tx, void *baton)
{
    end_t *e = baton;
    apr_status_t rv = chat_auth_resolve(&e->who, e->call, tx, e->auth);
    if (rv == APR_SUCCESS)
        rv = chat_account_drop_token(tx, e->who.id);
    if (rv == APR_SUCCESS)
        rv = chat_session_end_all(tx, e->who.id);
    return rv == APR_SUCCESS ? chat_account_changed(tx, &e->who) : rv;
}

apr_status_t chat_signon_end(chat_call_t *c, const chat_auth_t *auth)
{
    end_t e = {.call = c, .auth = auth};
    apr_status_t rv = chat_store_write(c->site->store, end, &e);
    if (rv == APR_SUCCESS)
        chat_event_hint(c, e.who.room);
    return rv;
}
