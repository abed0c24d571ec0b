/* SPDX-License-Identifier: Apache-2.0 */
/* Messages of channels by time. */
#include "core/history.h"

#include "core/channels.h"
#include "core/policy.h"

#include <string.h>

typedef struct read_t {
    chat_call_t *call;
    const chat_history_t *wanted;
    chat_identity_t who;
    chat_span_t span;
    chat_saids_t *out;
} read_t;

/* The ids of that time. */
static apr_status_t find_span(read_t *r, chat_tx_t *tx)
{
    const chat_history_t *w = r->wanted;
    apr_int64_t room = r->who.room;
    r->span.first = CHAT_ROW_ID(room, 1);
    r->span.end = CHAT_ROW_ID(room + 1, 0);
    r->span.limit = w->count;
    if (w->since)
        return chat_said_since(&r->span.first, tx, room, w->time);
    if (w->time == CHAT_TIME_NOW)
        return APR_SUCCESS;
    return chat_said_since(&r->span.end, tx, room, w->time + 1);
}

static apr_status_t read_channel(read_t *r, chat_tx_t *tx)
{
    chat_call_t *c = r->call;
    chat_channel_t ch;
    apr_status_t rv =
        chat_channel_by_uuid(&ch, tx, r->who.id, r->wanted->channel, c->pool);
    if (rv == CHAT_NOTFOUND ||
        (rv == APR_SUCCESS &&
         (ch.room != r->who.room || !chat_policy_allows(CHAT_MAY_READ, &r->who, &ch, 0))))
        return APR_SUCCESS;
    if (rv != APR_SUCCESS)
        return rv;
    return chat_said_in_channel(r->out, tx, ch.id, &r->span, c->pool);
}

static int is_readable(const chat_channels_t *channels, apr_int64_t id)
{
    int low = 0, high = channels->n;
    while (low < high) {
        int middle = (low + high) / 2;
        if (channels->list[middle].id == id)
            return 1;
        if (channels->list[middle].id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return 0;
}

/* Merges N ids into BEST, both newest first; returns how many there are then. */
static int merge(apr_int64_t *best, int have, const apr_int64_t *ids, int n, int limit)
{
    apr_int64_t all[CHAT_HISTORY_MAX];
    int i = 0, j = 0, k = 0;
    while (k < limit && (i < have || j < n)) {
        if (j == n || (i < have && best[i] > ids[j]))
            all[k++] = best[i++];
        else
            all[k++] = ids[j++];
    }
    memcpy(best, all, sizeof(*best) * (apr_size_t)k);
    return k;
}

/* When the reader may not see most messages, a scan could cover the whole chatroom: so
 * each readable channel is asked for its newest ids. */
static apr_status_t read_each(read_t *r, chat_tx_t *tx, const chat_channels_t *channels)
{
    apr_int64_t best[CHAT_HISTORY_MAX], ids[CHAT_HISTORY_MAX];
    chat_span_t span = r->span;
    apr_pool_t *pool = r->call->pool;
    int have = 0, n;
    apr_status_t rv = APR_SUCCESS;
    for (int i = 0; rv == APR_SUCCESS && i < channels->n; i++) {
        rv = chat_said_ids(ids, &n, tx, channels->list[i].id, &span);
        if (rv == APR_SUCCESS)
            have = merge(best, have, ids, n, span.limit);
        if (have == span.limit)
            span.first = best[have - 1];
    }
    r->out->list = apr_palloc(pool, sizeof(*r->out->list) * (apr_size_t)(have + 1));
    r->out->n = 0;
    for (int i = 0; rv == APR_SUCCESS && i < have; i++) {
        rv = chat_said_by_id(&r->out->list[r->out->n], tx, best[i], pool);
        r->out->n += rv == APR_SUCCESS;
    }
    return rv;
}

static apr_status_t read_room(read_t *r, chat_tx_t *tx)
{
    chat_saids_t *out = r->out;
    chat_channels_t channels;
    int found, n = 0;
    apr_status_t rv = chat_channels_readable(&channels, tx, &r->who, r->call->pool);
    if (rv == APR_SUCCESS)
        rv = chat_said_in_room(out, tx, &r->span, r->call->pool);
    if (rv != APR_SUCCESS)
        return rv;
    found = out->n;
    for (int i = 0; i < found; i++) {
        if (is_readable(&channels, out->list[i].message.channel))
            out->list[n++] = out->list[i];
    }
    out->n = n;
    if (n == found || found < r->span.limit)
        return APR_SUCCESS;
    return read_each(r, tx, &channels);
}

static apr_status_t read_history(read_t *r, chat_tx_t *tx)
{
    apr_status_t rv = find_span(r, tx);
    if (rv != APR_SUCCESS || r->span.first >= r->span.end || r->span.limit < 1)
        return rv;
    return r->wanted->channel ? read_channel(r, tx) : read_room(r, tx);
}

apr_status_t chat_history_read(chat_saids_t *out, chat_call_t *c, const chat_auth_t *auth,
                               const chat_history_t *wanted)
{
    read_t r = {.call = c, .wanted = wanted, .out = out};
    chat_tx_t *tx;
    apr_status_t rv = APR_SUCCESS;
    memset(out, 0, sizeof(*out));
    if (wanted->since)
        rv = chat_store_settle(c->site->store, auth->room_uuid);
    if (rv != APR_SUCCESS)
        return rv;
    rv = chat_auth_begin(&r.who, &tx, c, auth);
    if (rv == APR_SUCCESS)
        rv = read_history(&r, tx);
    return chat_call_read(c, CHAT_READ_CHANNEL, chat_store_end(tx, rv));
}
