/* SPDX-License-Identifier: Apache-2.0 */
/* Where an account is signed in. */
#include "core/account_sessions.h"

#include "core/accounts.h"

#include <string.h>

apr_status_t chat_account_sessions(chat_sessions_t *out, chat_call_t *c,
                                   const chat_auth_t *auth)
{
    chat_identity_t who;
    chat_tx_t *tx;
    apr_status_t rv = chat_auth_begin(&who, &tx, c, auth);
    if (rv == APR_SUCCESS)
        rv = chat_session_list(&out->list, &out->n, tx, who.id, CHAT_SESSIONS_MAX,
                               c->pool);
    return chat_store_end(tx, rv);
}

typedef struct end_t {
    chat_call_t *call;
    const chat_auth_t *auth;
    const char *id;
    chat_identity_t who;
} end_t;

static apr_status_t end(chat_tx_t *tx, void *baton)
{
    end_t *e = baton;
    const chat_identity_t *who = &e->who;
    apr_status_t rv = chat_auth_change(&e->who, e->call, tx, e->auth);
    if (rv != APR_SUCCESS)
        return rv;
    if (!e->id)
        rv = chat_session_end_all(tx, who->id);
    else if (!strcmp(e->id, CHAT_SESSION_TOKEN))
        rv = chat_account_drop_token(tx, who->id);
    else
        rv = chat_session_end_one(tx, who->id, e->id);
    if (rv == CHAT_NOTFOUND)
        return chat_call_refuse(e->call, CHAT_P_NO_SESSION, "session_id");
    return rv == APR_SUCCESS ? chat_account_changed(tx, who) : rv;
}

apr_status_t chat_account_end_session(chat_call_t *c, const chat_auth_t *auth,
                                      const char *id)
{
    end_t e = {.call = c, .auth = auth, .id = id};
    apr_status_t rv = chat_store_write(c->site->store, end, &e);
    if (rv == APR_SUCCESS)
        chat_event_hint(c, e.who.room);
    return rv;
}
