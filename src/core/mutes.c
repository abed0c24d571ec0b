/* SPDX-License-Identifier: Apache-2.0 */
/* Rules of mutes. */
#include "core/mutes.h"

#include "store/mute.h"

#include <apr_strings.h>

/* UNTIL: as the detail of the event has it. */
static apr_status_t notify(chat_act_t *a, chat_tx_t *tx, const char *until)
{
    chat_event_t e = {.kind = CHAT_EVENT_MUTED, .channel = a->channel.id};
    e.account = a->target.id;
    e.audience = apr_psprintf(a->call->pool, "%" APR_INT64_T_FMT, a->target.id);
    e.detail = until;
    return chat_event_add(tx, a->who.room, &e);
}

apr_status_t chat_mute_target(chat_act_t *a, chat_tx_t *tx)
{
    const chat_mute_t m = {a->target.id, a->channel.id, a->until, a->who.id, a->reason};
    apr_status_t rv = chat_mute_put(tx, &m, a->call->now);
    if (rv == APR_SUCCESS)
        rv = notify(
            a, tx,
            apr_psprintf(a->call->pool, "%" APR_INT64_T_FMT, apr_time_sec(a->until)));
    return rv == APR_SUCCESS ? chat_act_record(a, tx, "mute") : rv;
}

static apr_status_t find(chat_act_t *a, chat_tx_t *tx)
{
    apr_status_t rv = chat_act_begin(a, tx);
    if (rv == APR_SUCCESS)
        rv = chat_act_channel(a, tx);
    if (rv == APR_SUCCESS)
        rv = chat_act_may(a, a->channel_name ? CHAT_MAY_KEEP_ORDER : CHAT_MAY_MODERATE);
    return rv == APR_SUCCESS ? chat_act_target(a, tx) : rv;
}

static apr_status_t mute(chat_tx_t *tx, void *baton)
{
    apr_status_t rv = find(baton, tx);
    return rv == APR_SUCCESS ? chat_mute_target(baton, tx) : rv;
}

static apr_status_t unmute(chat_tx_t *tx, void *baton)
{
    chat_act_t *a = baton;
    apr_status_t rv = find(a, tx);
    if (rv == APR_SUCCESS)
        rv = chat_mute_delete(tx, a->target.id, a->channel.id);
    if (rv == CHAT_NOTFOUND)
        return APR_SUCCESS;
    if (rv == APR_SUCCESS)
        rv = notify(a, tx, "-");
    return rv == APR_SUCCESS ? chat_act_record(a, tx, "unmute") : rv;
}

apr_status_t chat_mute(chat_act_t *a)
{
    return chat_act_run(a, mute, a);
}

apr_status_t chat_unmute(chat_act_t *a)
{
    return chat_act_run(a, unmute, a);
}
