/* SPDX-License-Identifier: Apache-2.0 */
/* Stateless session ids for clients that have not logged in. */
#include "core/anonymous_session.h"

#include "core/accounts.h"
#include "core/sessions.h"
#include "store/anonymous_session.h"

#include <apr_strings.h>
#include <string.h>

#define RANDOM_LEN 16

static const char alphabet[] = "0123456789abcdefghijklmnopqrstuv";

int chat_anonymous_session_shaped(const char *id)
{
    return strlen(id) == CHAT_ANONYMOUS_SESSION_LEN &&
           strspn(id, alphabet) == CHAT_ANONYMOUS_SESSION_LEN;
}

static int digit(char hex)
{
    return hex <= '9' ? hex - '0' : hex - 'a' + 10;
}

/* Puts the mark behind the random characters of ID, as it is in that period of time. */
static void put_mark(char id[CHAT_ANONYMOUS_SESSION_SIZE], const chat_call_t *c,
                     apr_int64_t period)
{
    char hash[CHAT_HASH_SIZE];
    const char *text = apr_psprintf(c->pool, "%d %" APR_INT64_T_FMT " %.*s",
                                    (int)c->dialect, period, RANDOM_LEN, id);
    chat_hash_keyed(hash, &c->site->secret, "visitor", text, strlen(text));
    for (int i = RANDOM_LEN; i < CHAT_ANONYMOUS_SESSION_LEN; i++) {
        /* five bits of two hexadecimal digits */
        const char *two = hash + (i - RANDOM_LEN) * 2;
        id[i] = alphabet[(digit(two[0]) << 4 | digit(two[1])) & 31];
    }
    id[CHAT_ANONYMOUS_SESSION_LEN] = '\0';
}

static apr_int64_t period_of(const chat_call_t *c)
{
    return apr_time_sec(c->now) / CHAT_ANONYMOUS_SESSION_SECONDS;
}

/* Whether ID is a visitor's: issued in this period or the one before. */
static int is_anonymous(const chat_call_t *c, const char *id)
{
    char made[CHAT_ANONYMOUS_SESSION_SIZE];
    for (int back = 0; back < 2; back++) {
        memcpy(made, id, RANDOM_LEN);
        put_mark(made, c, period_of(c) - back);
        if (chat_equal_secret(made, id))
            return 1;
    }
    return 0;
}

void chat_anonymous_session_make(char out[CHAT_ANONYMOUS_SESSION_SIZE],
                                 const chat_call_t *c)
{
    chat_random_text(out, RANDOM_LEN, alphabet);
    put_mark(out, c, period_of(c));
}

void chat_anonymous_session_csrf(char out[CHAT_CSRF_SIZE], const chat_call_t *c,
                                 const char *id)
{
    char hash[CHAT_HASH_SIZE];
    const char *text = apr_psprintf(c->pool, "%d %s", (int)c->dialect, id);
    chat_hash_keyed(hash, &c->site->secret, "csrf", text, strlen(text));
    memcpy(out, hash, CHAT_CSRF_LEN);
    out[CHAT_CSRF_LEN] = '\0';
}

static apr_status_t find_ended(chat_call_t *c, const chat_auth_t *auth)
{
    chat_tx_t *tx;
    apr_status_t rv = chat_call_begin(&tx, c);
    if (rv == APR_SUCCESS)
        rv = chat_anonymous_session_find_ended(tx, auth->hash);
    return chat_store_end(tx, rv);
}

apr_status_t chat_anonymous_session_known(int *known, chat_call_t *c, const char *id)
{
    chat_auth_t auth;
    apr_status_t rv;
    chat_auth_session(&auth, c, id);
    if (is_anonymous(c, id)) {
        rv = find_ended(c, &auth);
        *known = rv == CHAT_NOTFOUND;
        return *known ? APR_SUCCESS : rv;
    }
    rv = chat_auth_check(c, &auth);
    *known = rv == APR_SUCCESS;
    if (rv != CHAT_REFUSED)
        return rv;
    c->problem.code = CHAT_P_NONE;
    return APR_SUCCESS;
}

typedef struct login_t {
    chat_call_t *call;
    const chat_account_t *account;
    const char *id; /* the new one */
    char old[CHAT_HASH_SIZE];
    int old_is_anonymous;
} login_t;

static apr_status_t end_old(login_t *l, chat_tx_t *tx)
{
    apr_status_t rv;
    if (l->old_is_anonymous)
        return chat_anonymous_session_insert_ended(tx, l->old, l->call->now);
    rv = chat_session_delete(tx, l->old);
    return rv == CHAT_NOTFOUND ? APR_SUCCESS : rv;
}

static apr_status_t begin_session(chat_tx_t *tx, void *baton)
{
    login_t *l = baton;
    chat_call_t *c = l->call;
    chat_account_t now;
    apr_status_t rv = chat_account_recheck(&now, c, tx, l->account);
    if (rv == APR_SUCCESS)
        rv = end_old(l, tx);
    return rv == APR_SUCCESS ? chat_session_begin(c, tx, now.who.id, l->id) : rv;
}

apr_status_t chat_anonymous_session_login(char out[CHAT_ANONYMOUS_SESSION_SIZE],
                                          chat_call_t *c, const chat_account_t *account,
                                          const char *old)
{
    login_t l = {.call = c, .account = account, .id = out};
    chat_session_hash(l.old, c, old);
    l.old_is_anonymous = is_anonymous(c, old);
    do
        chat_random_text(out, CHAT_ANONYMOUS_SESSION_LEN, alphabet);
    while (is_anonymous(c, out));
    return chat_store_write(c->site->store, begin_session, &l);
}
