/* SPDX-License-Identifier: Apache-2.0 */
/* Rules of read markers. */
#include "core/unread.h"

#include "base/name.h"
#include "core/channels.h"
#include "core/message_find.h"
#include "core/policy.h"
#include "store/stream.h"

#include <apr_strings.h>

typedef struct mark_t {
    chat_call_t *call;
    const chat_auth_t *auth;
    const chat_mark_t *wanted;
    chat_identity_t who;
    chat_read_marker_t marker;
    int moved;
} mark_t;

static apr_status_t find_channel(mark_t *k, chat_tx_t *tx)
{
    chat_channel_t ch;
    apr_status_t rv = chat_channel_find(&ch, k->call, tx, &k->who, k->wanted->channel);
    if (rv == APR_SUCCESS && !chat_policy_allows(CHAT_MAY_READ, &k->who, &ch, 0))
        return chat_call_refuse(k->call, CHAT_P_NO_READ, "name");
    k->marker.channel = ch.id;
    return rv;
}

/* *PEER is the name as registered. */
static apr_status_t find_peer(const char **peer, mark_t *k, chat_tx_t *tx)
{
    apr_pool_t *pool = k->call->pool;
    chat_identity_t other;
    apr_status_t rv = chat_identity_by_name(
        &other, tx, k->who.room, chat_name_fold(k->wanted->username, pool), pool);
    if (rv == CHAT_NOTFOUND)
        return chat_call_refuse(k->call, CHAT_P_NO_ACCOUNT, "username");
    k->marker.peer = other.id;
    *peer = other.name;
    return rv;
}

/* Without its existence a marker could hide what comes. */
static apr_status_t find_message(mark_t *k, chat_tx_t *tx)
{
    apr_int64_t n = k->wanted->number;
    apr_int64_t id = CHAT_ROW_ID(k->who.room, chat_message_number_valid(n) ? n : 0);
    chat_message_t m;
    apr_status_t rv = chat_message_by_id(&m, tx, id, k->call->pool);
    if (rv == APR_SUCCESS && m.channel != k->marker.channel)
        rv = CHAT_NOTFOUND;
    if (rv == APR_SUCCESS && !m.channel && !m.deleted)
        rv = chat_recipient_check(tx, k->who.id, id);
    k->marker.message = id;
    return rv == CHAT_NOTFOUND
               ? chat_call_refuse(k->call, CHAT_P_NO_MESSAGE, "message_id")
               : rv;
}

static apr_status_t mark(chat_tx_t *tx, void *baton)
{
    mark_t *k = baton;
    chat_event_t e = {.kind = CHAT_EVENT_READ};
    apr_status_t rv = chat_auth_change(&k->who, k->call, tx, k->auth);
    k->moved = 0;
    k->marker = (chat_read_marker_t){.account = k->who.id};
    if (rv == APR_SUCCESS)
        rv = k->wanted->channel ? find_channel(k, tx) : find_peer(&e.detail, k, tx);
    if (rv == APR_SUCCESS)
        rv = find_message(k, tx);
    if (rv == APR_SUCCESS)
        rv = chat_read_marker_put(tx, &k->marker);
    if (rv == CHAT_CONFLICT)
        return chat_read_marker_find(&k->marker, tx);
    e.channel = k->marker.channel;
    e.account = k->who.id;
    e.subject = k->marker.message;
    e.audience = apr_psprintf(k->call->pool, "%" APR_INT64_T_FMT, k->who.id);
    k->moved = 1;
    return rv == APR_SUCCESS ? chat_event_add(tx, k->who.room, &e) : rv;
}

apr_status_t chat_unread_mark(apr_int64_t *number, chat_call_t *c,
                              const chat_auth_t *auth, const chat_mark_t *wanted)
{
    mark_t k = {.call = c, .auth = auth, .wanted = wanted};
    apr_status_t rv = chat_store_write(c->site->store, mark, &k);
    if (rv == APR_SUCCESS && k.moved)
        chat_event_hint(c, k.who.room);
    *number = CHAT_ROW_NUMBER(k.marker.message);
    return rv;
}

static void bound(chat_unreads_t *all)
{
    for (int i = 0; i < all->n; i++) {
        chat_unread_t *u = &all->list[i];
        u->unread = u->unread < CHAT_UNREAD_MAX ? u->unread : CHAT_UNREAD_MAX;
        u->mentions = u->mentions < CHAT_UNREAD_MAX ? u->mentions : CHAT_UNREAD_MAX;
    }
}

apr_status_t chat_unread_list(chat_unreads_t *channels, chat_unreads_t *direct,
                              chat_call_t *c, const chat_auth_t *auth)
{
    chat_identity_t who;
    chat_tx_t *tx;
    apr_status_t rv = chat_auth_begin(&who, &tx, c, auth);
    if (rv == APR_SUCCESS)
        rv = chat_unread_channels(channels, tx, who.id, c->pool);
    if (rv == APR_SUCCESS)
        rv = chat_unread_direct(direct, tx, who.id, CHAT_UNREAD_PEERS, c->pool);
    rv = chat_store_end(tx, rv);
    if (rv == APR_SUCCESS) {
        bound(channels);
        bound(direct);
    }
    return rv;
}
