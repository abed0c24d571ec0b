/* SPDX-License-Identifier: Apache-2.0 */
/* Rules of profiles and presence. */
#include "core/profiles.h"

#include "base/name.h"
#include "core/accounts.h"
#include "core/channels.h"
#include "core/policy.h"
#include "core/silence.h"

#include <stdlib.h>
#include <string.h>

/* Ids that chatd is asked for at once. */
#define ASKED_AT_ONCE 100

apr_status_t chat_profile_color(chat_account_t *a, chat_call_t *c, const char *text)
{
    text += *text == '#';
    if (strlen(text) != 6 || strspn(text, "0123456789abcdefABCDEF") != 6)
        return chat_call_refuse(c, CHAT_P_INVALID, "color");
    a->color = (apr_int64_t)strtoul(text, NULL, 16);
    return APR_SUCCESS;
}

typedef struct profile_t {
    chat_call_t *call;
    const chat_auth_t *auth;
    const chat_profile_edit_t *edit;
    chat_account_t *out;
} profile_t;

static apr_status_t set(chat_tx_t *tx, void *baton)
{
    profile_t *p = baton;
    chat_account_t *a = p->out;
    const chat_profile_edit_t *edit = p->edit;
    chat_identity_t who;
    int moved;
    apr_status_t rv = chat_auth_change(&who, p->call, tx, p->auth);
    if (rv == APR_SUCCESS)
        rv = chat_account_by_id(a, tx, who.id, p->call->pool);
    if (rv == APR_SUCCESS)
        rv =
            chat_silence_check_text(p->call, tx, &who, edit->description, a->description);
    if (rv == APR_SUCCESS)
        rv = chat_silence_check_text(p->call, tx, &who, edit->location, a->location);
    if (rv == APR_SUCCESS && edit->color)
        rv = chat_profile_color(a, p->call, edit->color);
    if (rv != APR_SUCCESS)
        return rv;
    if (edit->description)
        a->description = *edit->description ? edit->description : NULL;
    if (edit->location)
        a->location = *edit->location ? edit->location : NULL;
    moved = edit->hidden >= 0 && edit->hidden != who.hidden;
    a->who.hidden = moved ? edit->hidden : who.hidden;
    rv = chat_account_set_profile(tx, a);
    if (rv == APR_SUCCESS && moved)
        rv = chat_account_set_hidden(tx, who.id, edit->hidden);
    return rv == APR_SUCCESS && moved ? chat_account_changed(tx, &who) : rv;
}

static apr_status_t check_length(chat_call_t *c, const char *text, apr_size_t limit)
{
    return text && strlen(text) > limit
               ? chat_refuse_number(&c->problem, CHAT_P_TOO_LARGE, (apr_int64_t)limit)
               : APR_SUCCESS;
}

apr_status_t chat_profile_set(chat_account_t *out, chat_call_t *c,
                              const chat_auth_t *auth, const chat_profile_edit_t *edit)
{
    profile_t p = {.call = c, .auth = auth, .edit = edit, .out = out};
    apr_status_t rv = check_length(c, edit->description, CHAT_PROFILE_DESCRIPTION);
    if (rv == APR_SUCCESS)
        rv = check_length(c, edit->location, CHAT_PROFILE_LOCATION);
    if (rv == APR_SUCCESS)
        rv = chat_store_write(c->site->store, set, &p);
    if (rv == APR_SUCCESS)
        chat_event_hint(c, out->who.room);
    return rv;
}

apr_status_t chat_profile_get(chat_account_t *out, int *own, chat_call_t *c,
                              const chat_auth_t *auth, const char *name)
{
    chat_identity_t who;
    chat_tx_t *tx;
    apr_status_t rv = chat_auth_begin(&who, &tx, c, auth);
    if (rv == APR_SUCCESS)
        rv = chat_account_by_name(out, tx, who.room, chat_name_fold(name, c->pool),
                                  c->pool);
    if (rv == CHAT_NOTFOUND || (rv == APR_SUCCESS && out->who.state != CHAT_ACCOUNT_OPEN))
        rv = chat_call_refuse(c, CHAT_P_NO_ACCOUNT, "username");
    *own = rv == APR_SUCCESS && out->who.id == who.id;
    if (*own)
        out->who.hidden = who.hidden;
    return chat_store_end(tx, rv);
}

static apr_status_t find_peers(chat_peers_t *peers, chat_identity_t *who, chat_call_t *c,
                               const chat_auth_t *auth, const char *channel)
{
    chat_channel_t ch;
    chat_tx_t *tx;
    apr_status_t rv = chat_auth_begin(who, &tx, c, auth);
    if (rv == APR_SUCCESS && channel)
        rv = chat_channel_find(&ch, c, tx, who, channel);
    if (rv == APR_SUCCESS && channel && !chat_policy_allows(CHAT_MAY_READ, who, &ch, 0))
        rv = chat_call_refuse(c, CHAT_P_NO_READ, "name");
    if (rv == APR_SUCCESS)
        rv = channel ? chat_channel_peers(peers, tx, ch.id, CHAT_ONLINE_MAX, c->pool)
                     : chat_account_peers(peers, tx, who->id, CHAT_ONLINE_MAX, c->pool);
    return chat_store_end(tx, rv);
}

/* How many sockets the N accounts PEERS have. */
static apr_status_t ask(apr_int64_t **counts, chat_call_t *c, const chat_peer_t *peers,
                        int n)
{
    apr_int64_t ids[ASKED_AT_ONCE];
    chat_sockets_t s = {.room = c->room, .ids = ids, .n = n};
    apr_status_t rv;
    for (int i = 0; i < n; i++)
        ids[i] = peers[i].id;
    rv = c->site->sockets(c->site->sockets_baton, &s, c->pool);
    *counts = s.of;
    /* without realtime clients no account is online */
    if (APR_STATUS_IS_EINIT(rv))
        *counts = apr_pcalloc(c->pool, sizeof(**counts) * (apr_size_t)n);
    return rv == APR_SUCCESS || APR_STATUS_IS_EINIT(rv) ? APR_SUCCESS : CHAT_BUSY;
}

apr_status_t chat_presence_list(const char ***names, int *n, chat_call_t *c,
                                const chat_auth_t *auth, const char *channel)
{
    chat_identity_t who;
    chat_peers_t peers = {0};
    apr_status_t rv = find_peers(&peers, &who, c, auth, channel);
    *n = 0;
    *names = apr_palloc(c->pool, sizeof(**names) * ((apr_size_t)peers.n + 1));
    for (int at = 0; rv == APR_SUCCESS && c->site->sockets && at < peers.n;
         at += ASKED_AT_ONCE) {
        int some = peers.n - at < ASKED_AT_ONCE ? peers.n - at : ASKED_AT_ONCE;
        apr_int64_t *counts = NULL;
        rv = ask(&counts, c, &peers.list[at], some);
        for (int i = 0; rv == APR_SUCCESS && i < some; i++) {
            if (counts[i] && peers.list[at + i].id != who.id)
                (*names)[(*n)++] = peers.list[at + i].name;
        }
    }
    return rv;
}
