/* SPDX-License-Identifier: Apache-2.0 */
/* Rules of mutes and slow mode. */
#include "core/mutes.h"

#include "base/bounds.h"
#include "store/chatroom.h"
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

/* *EXEMPT: whether WHO may keep order in CH. */
static apr_status_t find_exempt(int *exempt, chat_call_t *c, chat_tx_t *tx,
                                const chat_identity_t *who, const chat_channel_t *ch)
{
    chat_room_t room;
    apr_status_t rv = chat_room_by_id(&room, tx, who->room, c->pool);
    *exempt =
        rv == APR_SUCCESS && chat_policy_allows(CHAT_MAY_KEEP_ORDER, who, ch, room.owner);
    return rv;
}

apr_status_t chat_mute_check(chat_call_t *c, chat_tx_t *tx, const chat_identity_t *who,
                             const chat_channel_t *ch)
{
    apr_time_t until;
    int exempt = 0;
    apr_status_t rv = APR_SUCCESS;
    if (who->emergency && chat_call_young(c, who->created)) {
        rv = find_exempt(&exempt, c, tx, who, ch);
        if (rv == APR_SUCCESS && !exempt)
            return chat_call_refuse(c, CHAT_P_EMERGENCY, NULL);
    }
    if (rv != APR_SUCCESS || !who->muted)
        return rv;
    rv = chat_mute_find(&until, tx, who->id, ch ? ch->id : 0, c->now);
    if (rv == APR_SUCCESS)
        return chat_refuse_number(&c->problem, CHAT_P_MUTED, until);
    return rv == CHAT_NOTFOUND ? APR_SUCCESS : rv;
}

apr_status_t chat_pace_check(chat_call_t *c, chat_tx_t *tx, const chat_identity_t *who,
                             const chat_channel_t *ch)
{
    int slow = ch ? ch->slow : 0, exempt = 0;
    apr_interval_time_t wait = 0;
    apr_status_t rv = chat_mute_check(c, tx, who, ch);
    if (who->emergency && slow < CHAT_EMERGENCY_SLOW_SECONDS)
        slow = CHAT_EMERGENCY_SLOW_SECONDS;
    if (rv != APR_SUCCESS || !slow)
        return rv;
    rv = find_exempt(&exempt, c, tx, who, ch);
    if (rv == APR_SUCCESS && !exempt)
        rv = chat_slow_take(&wait, tx, who->id, ch ? ch->id : 0, c->now,
                            apr_time_from_sec(slow));
    if (rv == APR_SUCCESS && wait)
        return chat_refuse_number(&c->problem, CHAT_P_RATE,
                                  apr_time_sec(wait + APR_USEC_PER_SEC - 1));
    return rv;
}
