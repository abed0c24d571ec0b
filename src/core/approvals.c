/* SPDX-License-Identifier: Apache-2.0 */
/* Approved lists of direct messages. */
#include "core/approvals.h"

#include "base/name.h"
#include "base/text.h"
#include "core/send.h"

#include <apr_strings.h>

#define LIST_MAX 1000

apr_status_t chat_approval_check(chat_call_t *c, chat_tx_t *tx,
                                 const chat_identity_t *who, const chat_recipient_t *to,
                                 int n)
{
    const char *names = NULL;
    if (!c->site->approved_lists)
        return APR_SUCCESS;
    for (int i = 0; i < n; i++) {
        chat_approval_state_t state = CHAT_APPROVAL_PENDING;
        apr_status_t rv;
        if (to[i].account == who->id)
            continue;
        rv = chat_approval_find(&state, tx, to[i].account, who->id);
        if (rv != APR_SUCCESS && rv != CHAT_NOTFOUND)
            return rv;
        if (rv == CHAT_NOTFOUND || state != CHAT_APPROVAL_APPROVED)
            names =
                names ? apr_pstrcat(c->pool, names, "\n", to[i].name, NULL) : to[i].name;
    }
    return names ? chat_call_refuse_detail(c, CHAT_P_NOT_APPROVED, NULL, names)
                 : APR_SUCCESS;
}

typedef struct approval_t {
    /* first: it is the baton of what sends; its target is the other account */
    chat_send_t send;
    int approve;
} approval_t;

/* The account that asks and the account that it names. */
static apr_status_t find_both(approval_t *a, chat_identity_t *other, chat_tx_t *tx)
{
    chat_call_t *c = a->send.call;
    apr_status_t rv = chat_auth_change(&a->send.who, c, tx, a->send.auth);
    if (rv != APR_SUCCESS)
        return rv;
    rv = chat_identity_by_name(other, tx, a->send.who.room,
                               chat_name_fold(a->send.target, c->pool), c->pool);
    if (rv == CHAT_NOTFOUND || (rv == APR_SUCCESS && !chat_identity_reachable(other)))
        return chat_call_refuse_detail(c, CHAT_P_NO_ACCOUNT, "name", a->send.target);
    return rv;
}

static apr_status_t ask(chat_tx_t *tx, void *baton)
{
    approval_t *a = baton;
    chat_call_t *c = a->send.call;
    chat_identity_t other;
    chat_approval_state_t state;
    apr_status_t rv = find_both(a, &other, tx);
    if (rv != APR_SUCCESS)
        return rv;
    rv = chat_approval_insert(tx, other.id, a->send.who.id, c->now);
    if (rv != CHAT_CONFLICT)
        return rv;
    rv = chat_approval_find(&state, tx, other.id, a->send.who.id);
    return rv == APR_SUCCESS ? chat_refuse_number(&c->problem, CHAT_P_ASKED, state) : rv;
}

apr_status_t chat_approval_request(chat_call_t *c, const chat_auth_t *auth,
                                   const char *name)
{
    approval_t a = {.send = {.call = c, .auth = auth, .target = name}};
    return chat_store_write(c->site->store, ask, &a);
}

static apr_status_t answer(chat_tx_t *tx, void *baton)
{
    approval_t *a = baton;
    chat_call_t *c = a->send.call;
    chat_identity_t other;
    chat_recipient_t to = {0};
    chat_approval_state_t state, wanted;
    chat_text_t text;
    apr_status_t rv = find_both(a, &other, tx);
    wanted = a->approve ? CHAT_APPROVAL_APPROVED : CHAT_APPROVAL_REJECTED;
    if (rv == APR_SUCCESS)
        rv = chat_approval_find(&state, tx, a->send.who.id, other.id);
    if (rv == CHAT_NOTFOUND)
        return chat_call_refuse_detail(c, CHAT_P_NO_INVITE, "name", a->send.target);
    if (rv == APR_SUCCESS)
        rv = chat_approval_set(tx, a->send.who.id, other.id, wanted);
    if (rv != APR_SUCCESS || state == wanted)
        return rv;
    text.text =
        apr_psprintf(c->pool,
                     "@%s System Message: Your request to be added to %s's approved "
                     "list has been %s.",
                     other.name, a->send.who.name, a->approve ? "approved" : "rejected");
    text.len = strlen(text.text);
    a->send.text = &text;
    *a->send.out = (chat_message_t){.kind = CHAT_MESSAGE_SYSTEM};
    to.account = other.id;
    to.name = other.name;
    return chat_send_to(&a->send, tx, &to, 1);
}

apr_status_t chat_approval_answer(chat_call_t *c, const chat_auth_t *auth,
                                  const char *name, int approve)
{
    chat_message_t m;
    approval_t a = {.send = {.call = c, .auth = auth, .target = name, .out = &m},
                    .approve = approve};
    apr_status_t rv = chat_store_write(c->site->store, answer, &a);
    if (rv == APR_SUCCESS)
        chat_event_hint(c, a.send.who.room);
    return rv;
}

apr_status_t chat_approval_requests(chat_approvals_t *out, chat_call_t *c,
                                    const chat_auth_t *auth)
{
    chat_identity_t who;
    chat_tx_t *tx;
    apr_status_t rv = chat_auth_begin(&who, &tx, c, auth);
    if (rv == APR_SUCCESS)
        rv = chat_approval_list(&out->list, &out->n, tx, who.id, LIST_MAX, c->pool);
    return chat_store_end(tx, rv);
}
