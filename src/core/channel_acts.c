/* SPDX-License-Identifier: Apache-2.0 */
/* Acts of moderation on channels. */
#include "core/channel_acts.h"

#include "core/channels.h"
#include "core/silence.h"
#include "store/skeleton.h"

#include <apr_strings.h>

typedef struct work_t {
    chat_act_t *act;
    const chat_channel_change_t *change;
    const char *key; /* of a new name */
    int rights, mask;
    int now; /* the rights that came of it */
} work_t;

static apr_status_t note(chat_act_t *a, chat_tx_t *tx, chat_event_kind_t kind,
                         const char *detail)
{
    chat_event_t e = {.kind = kind, .channel = a->channel.id, .account = a->target.id};
    e.detail = detail;
    return chat_event_add(tx, a->who.room, &e);
}

/* The actor and the channel, in which it may do ACTION. */
static apr_status_t enter(chat_act_t *a, chat_tx_t *tx, chat_action_t action)
{
    apr_status_t rv = chat_act_begin(a, tx);
    if (rv == APR_SUCCESS)
        rv = chat_act_channel(a, tx);
    return rv == APR_SUCCESS ? chat_act_may(a, action) : rv;
}

/* The same, and the target; THEIRS: the channel with its rights. */
static apr_status_t enter_for(chat_act_t *a, chat_channel_t *theirs, chat_tx_t *tx,
                              chat_action_t action)
{
    apr_status_t rv = enter(a, tx, action);
    if (rv == APR_SUCCESS)
        rv = chat_act_target(a, tx);
    return rv == APR_SUCCESS ? chat_channel_by_id(theirs, tx, a->target.id, a->channel.id,
                                                  a->call->pool)
                             : rv;
}

static apr_status_t remove_member(chat_tx_t *tx, void *baton)
{
    chat_act_t *a = baton;
    chat_channel_t theirs;
    apr_status_t rv = enter_for(a, &theirs, tx, CHAT_MAY_KEEP_ORDER);
    if (rv != APR_SUCCESS)
        return rv;
    if (!theirs.joined && theirs.permissions < 0)
        return chat_call_refuse(a->call, CHAT_P_NO_MEMBER, "username");
    rv = chat_member_end(a->call, tx, &theirs, a->target.id);
    if (rv == APR_SUCCESS)
        rv = note(a, tx, CHAT_EVENT_MEMBER_REMOVED, NULL);
    return rv == APR_SUCCESS ? chat_act_record(a, tx, "remove") : rv;
}

apr_status_t chat_channel_remove(chat_act_t *a)
{
    return chat_act_run(a, remove_member, a);
}

static apr_status_t grant(chat_tx_t *tx, void *baton)
{
    work_t *w = baton;
    chat_act_t *a = w->act;
    chat_channel_t theirs;
    chat_membership_t m;
    apr_status_t rv = enter_for(a, &theirs, tx, CHAT_MAY_MANAGE);
    if (rv != APR_SUCCESS)
        return rv;
    m.account = a->target.id;
    m.channel = a->channel.id;
    m.joined = theirs.joined;
    m.permissions =
        (chat_policy_rights(&a->target, &theirs, 0) & ~w->mask) | (w->rights & w->mask);
    w->now = m.permissions;
    rv = chat_membership_put(tx, &m, a->call->now);
    if (rv == APR_SUCCESS)
        rv = note(a, tx, CHAT_EVENT_RIGHTS_CHANGED, NULL);
    a->reason = apr_psprintf(
        a->call->pool, "%s: %c%c%c", a->channel.name, w->now & CHAT_READ ? 'r' : '-',
        w->now & CHAT_WRITE ? 'w' : '-', w->now & CHAT_ADMIN ? 'x' : '-');
    return rv == APR_SUCCESS ? chat_act_record(a, tx, "grant") : rv;
}

apr_status_t chat_channel_grant(chat_act_t *a, int *rights, int mask)
{
    work_t w = {.act = a, .rights = *rights, .mask = mask};
    apr_status_t rv = chat_act_run(a, grant, &w);
    *rights = w.now;
    return rv;
}

/* A new name may look like the channel's own. */
static apr_status_t check_name(work_t *w, chat_tx_t *tx)
{
    chat_act_t *a = w->act;
    chat_call_t *c = a->call;
    apr_int64_t other;
    chat_channel_t ch;
    apr_status_t rv = chat_channel_by_name(&ch, tx, 0, a->who.room, w->key, c->pool);
    other = ch.id;
    if (rv == CHAT_NOTFOUND)
        rv = chat_skeleton_channel(&other, tx, a->who.room, w->change->name, c->pool);
    if (rv == APR_SUCCESS && other != a->channel.id)
        return chat_call_refuse(c, CHAT_P_CHANNEL_TAKEN, "new_name");
    return rv == CHAT_NOTFOUND ? APR_SUCCESS : rv;
}

/* For the log: what changed. */
static const char *describe(const work_t *w, const chat_channel_t *before)
{
    const chat_channel_t *now = &w->act->channel;
    apr_pool_t *pool = w->act->call->pool;
    const char *text = "";
    if (w->change->name)
        text = apr_psprintf(pool, "was %s; ", before->name);
    if (w->change->description)
        text = apr_pstrcat(pool, text, "topic; ", NULL);
    if (now->public != before->public)
        text = apr_pstrcat(pool, text, now->public ? "public; " : "private; ", NULL);
    if (now->slow != before->slow)
        text = apr_psprintf(pool, "%sslow mode %d s; ", text, now->slow);
    return *text ? apr_pstrmemdup(pool, text, strlen(text) - 2) : NULL;
}

static apr_status_t change(chat_tx_t *tx, void *baton)
{
    work_t *w = baton;
    const chat_channel_change_t *to = w->change;
    chat_act_t *a = w->act;
    chat_channel_t before;
    int manages = to->name || to->public >= 0;
    apr_status_t rv = enter(a, tx, manages ? CHAT_MAY_MANAGE : CHAT_MAY_KEEP_ORDER);
    if (rv == APR_SUCCESS && a->auth)
        rv = chat_silence_check(a->call, tx, &a->who, &a->channel);
    if (rv == APR_SUCCESS && to->name)
        rv = check_name(w, tx);
    if (rv != APR_SUCCESS)
        return rv;
    before = a->channel;
    if (to->name)
        a->channel.name = to->name;
    if (to->description)
        a->channel.description = *to->description ? to->description : NULL;
    if (to->public >= 0)
        a->channel.public = to->public;
    if (to->slow >= 0)
        a->channel.slow = to->slow;
    rv = chat_channel_set(tx, &a->channel,
                          to->name ? w->key : chat_name_fold(before.name, a->call->pool),
                          a->call->pool);
    if (rv == APR_SUCCESS)
        rv = note(a, tx, CHAT_EVENT_CHANNEL_CHANGED,
                  apr_pstrcat(a->call->pool,
                              a->channel.public == before.public ? "="
                              : a->channel.public                ? "+"
                                                                 : "-",
                              before.name, NULL));
    a->reason = describe(w, &before);
    return rv == APR_SUCCESS ? chat_act_record(a, tx, "channel") : rv;
}

apr_status_t chat_channel_change(chat_act_t *a, const chat_channel_change_t *to)
{
    work_t w = {.act = a, .change = to};
    apr_status_t rv = APR_SUCCESS;
    if (to->name)
        rv = chat_channel_name(&w.key, a->call, to->name, "new_name");
    return rv == APR_SUCCESS ? chat_act_run(a, change, &w) : rv;
}

static apr_status_t delete_channel(chat_tx_t *tx, void *baton)
{
    chat_act_t *a = baton;
    apr_status_t rv = enter(a, tx, CHAT_MAY_MANAGE);
    if (rv == APR_SUCCESS)
        rv = chat_channel_drop(a->call, tx, a->who.room, a->channel.id);
    return rv == APR_SUCCESS ? chat_act_record(a, tx, "delete channel") : rv;
}

apr_status_t chat_channel_delete(chat_act_t *a)
{
    return chat_act_run(a, delete_channel, a);
}
