/* SPDX-License-Identifier: Apache-2.0 */
/* What all acts of moderation share. */
#include "core/act.h"

#include "base/name.h"
#include "core/channels.h"
#include "store/chatroom.h"

static apr_status_t find_owner(chat_act_t *a, chat_tx_t *tx)
{
    chat_call_t *c = a->call;
    chat_room_t room;
    apr_status_t rv = chat_room_by_id(&room, tx, c->room, c->pool);
    if (rv == CHAT_NOTFOUND)
        return chat_call_refuse(c, CHAT_P_NO_ROOM, "room");
    a->owner = rv == APR_SUCCESS ? room.owner : 0;
    a->until = a->seconds ? c->now + apr_time_from_sec(a->seconds) : 0;
    a->target.id = a->channel.id = 0;
    a->entry.message = 0;
    return rv;
}

static void be_tool(chat_act_t *a)
{
    a->who = (chat_identity_t){
        .room = a->call->room, .name = "chatctl", .rank = CHAT_RANK_TOOL};
}

apr_status_t chat_act_begin(chat_act_t *a, chat_tx_t *tx)
{
    apr_status_t rv = APR_SUCCESS;
    if (a->auth)
        rv = chat_auth_change(&a->who, a->call, tx, a->auth);
    else
        be_tool(a);
    return rv == APR_SUCCESS ? find_owner(a, tx) : rv;
}

apr_status_t chat_act_look(chat_act_t *a, chat_tx_t **tx)
{
    apr_status_t rv = chat_call_begin(tx, a->call);
    if (rv == APR_SUCCESS && a->auth)
        rv = chat_auth_resolve(&a->who, a->call, *tx, a->auth);
    else
        be_tool(a);
    return rv == APR_SUCCESS ? find_owner(a, *tx) : rv;
}

apr_status_t chat_act_rank(int *rank, chat_act_t *a)
{
    chat_tx_t *tx;
    apr_status_t rv = chat_act_look(a, &tx);
    *rank = a->owner && a->owner == a->who.id ? CHAT_RANK_ADMIN : a->who.rank;
    return chat_store_end(tx, rv);
}

apr_status_t chat_act_channel(chat_act_t *a, chat_tx_t *tx)
{
    return a->channel_name
               ? chat_channel_find(&a->channel, a->call, tx, &a->who, a->channel_name)
               : APR_SUCCESS;
}

/* An act needs a higher rank than its target has. */
static apr_status_t check_rank(chat_act_t *a, chat_tx_t *tx)
{
    chat_channel_t theirs;
    int in = a->channel.id != 0;
    apr_status_t rv = APR_SUCCESS;
    if (a->target.id == a->who.id)
        return chat_call_refuse(a->call, CHAT_P_SELF, "username");
    if (in)
        rv = chat_channel_by_id(&theirs, tx, a->target.id, a->channel.id, a->call->pool);
    if (rv != APR_SUCCESS)
        return rv;
    return chat_policy_above(&a->who, in ? &a->channel : NULL, &a->target,
                             in ? &theirs : NULL, a->owner)
               ? APR_SUCCESS
               : chat_call_refuse(a->call, CHAT_P_ABOVE, "username");
}

apr_status_t chat_act_target(chat_act_t *a, chat_tx_t *tx)
{
    chat_call_t *c = a->call;
    apr_status_t rv = chat_identity_by_name(
        &a->target, tx, a->who.room, chat_name_fold(a->username, c->pool), c->pool);
    if (rv == CHAT_NOTFOUND ||
        (rv == APR_SUCCESS && a->target.state == CHAT_ACCOUNT_CLOSED))
        return chat_call_refuse_detail(c, CHAT_P_NO_ACCOUNT, "username", a->username);
    return rv == APR_SUCCESS ? check_rank(a, tx) : rv;
}

apr_status_t chat_act_message(chat_act_t *a, chat_tx_t *tx, chat_action_t action,
                              const chat_message_t *m)
{
    const chat_identity_t *who = &a->who;
    int direct = m->kind != CHAT_MESSAGE_ANNOUNCEMENT;
    apr_status_t rv = m->channel ? chat_channel_by_id(&a->channel, tx, who->id,
                                                      m->channel, a->call->pool)
                                 : CHAT_NOTFOUND;
    a->entry.message = m->id;
    if (rv == CHAT_NOTFOUND)
        a->channel.id = 0;
    else if (rv != APR_SUCCESS)
        return rv;
    if (direct ? chat_policy_allows_on(action, who, a->channel.id ? &a->channel : NULL,
                                       a->owner, m->author)
               : chat_policy_allows(action, who, NULL, a->owner))
        return APR_SUCCESS;
    return chat_call_refuse(a->call, CHAT_P_NOT_AUTHOR, "message_id");
}

apr_status_t chat_act_author(chat_act_t *a, chat_tx_t *tx, const chat_message_t *m)
{
    apr_status_t rv = m->author
                          ? chat_identity_by_id(&a->target, tx, m->author, a->call->pool)
                          : CHAT_NOTFOUND;
    if (rv == CHAT_NOTFOUND ||
        (rv == APR_SUCCESS && a->target.state == CHAT_ACCOUNT_CLOSED)) {
        a->target.id = 0;
        return APR_SUCCESS;
    }
    return rv == APR_SUCCESS ? check_rank(a, tx) : rv;
}

apr_status_t chat_act_may(chat_act_t *a, chat_action_t action)
{
    return chat_policy_allows(action, &a->who, a->channel.id ? &a->channel : NULL,
                              a->owner)
               ? APR_SUCCESS
               : chat_call_refuse(a->call, CHAT_P_NOT_OWNER, NULL);
}

apr_status_t chat_act_record(chat_act_t *a, chat_tx_t *tx, const char *act)
{
    chat_audit_t *e = &a->entry;
    e->room = a->who.room;
    e->at = a->call->now;
    e->actor_id = a->who.id;
    e->actor = a->who.name;
    e->act = act;
    e->channel = a->channel.id;
    e->target_id = a->target.id;
    if (a->target.id)
        e->target = a->target.name;
    else if (a->channel.id)
        e->target = a->channel.name;
    e->reason = a->reason;
    return chat_audit_insert(tx, e);
}

apr_status_t chat_act_run(chat_act_t *a, chat_work_fn fn, void *baton)
{
    apr_status_t rv = chat_store_write(a->call->site->store, fn, baton);
    if (rv == APR_SUCCESS)
        chat_event_hint(a->call, a->who.room);
    else
        chat_call_unlimit(a->call);
    return rv;
}

apr_status_t chat_audit_read(chat_audit_list_t *out, chat_act_t *a, apr_int64_t before,
                             int count)
{
    chat_call_t *c = a->call;
    chat_tx_t *tx;
    chat_audit_t like = {.room = c->room};
    chat_identity_t about;
    apr_status_t rv = chat_act_look(a, &tx);
    if (rv == APR_SUCCESS)
        rv = chat_act_may(a, CHAT_MAY_MODERATE);
    if (rv == APR_SUCCESS && a->username) {
        rv = chat_identity_by_name(&about, tx, c->room,
                                   chat_name_fold(a->username, c->pool), c->pool);
        if (rv == CHAT_NOTFOUND)
            rv = chat_call_refuse_detail(c, CHAT_P_NO_ACCOUNT, "username", a->username);
        else
            like.target_id = about.id;
    }
    if (rv == APR_SUCCESS)
        rv = chat_audit_page(&out->list, &out->n, tx, &like,
                             before > 0 ? before : APR_INT64_MAX, count, c->pool);
    return chat_store_end(tx, rv);
}
