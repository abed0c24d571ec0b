/* SPDX-License-Identifier: Apache-2.0 */
/* Administration of chatrooms, channels, Discord links and the outbox. */
#include "base/name.h"
#include "core/admin_local.h"
#include "core/channel_acts.h"
#include "core/channels.h"
#include "core/policy.h"
#include "store/discord.h"

#include <apr_strings.h>
#include <string.h>

typedef struct room_work_t {
    chat_call_t *call;
    const char *name;  /* of the channel or chatroom */
    const char *other; /* of an account */
    const char *key;
    chat_channel_t *channel;
    const chat_admin_channel_t *wanted;
    chat_admin_room_t *room;
    const chat_link_t *link;
    apr_int64_t id, keep;
} room_work_t;

static apr_status_t find_member(chat_identity_t *out, room_work_t *w, chat_tx_t *tx)
{
    chat_call_t *c = w->call;
    apr_status_t rv = chat_admin_check_room(c, tx);
    if (rv != APR_SUCCESS)
        return rv;
    rv = chat_identity_by_name(out, tx, c->room, chat_name_fold(w->other, c->pool),
                               c->pool);
    if (rv == CHAT_NOTFOUND || (rv == APR_SUCCESS && out->state == CHAT_ACCOUNT_CLOSED))
        return chat_call_refuse_detail(c, CHAT_P_NO_ACCOUNT, "username", w->other);
    return rv;
}

static apr_status_t note(room_work_t *w, chat_tx_t *tx, chat_event_kind_t kind,
                         apr_int64_t account)
{
    chat_event_t e = {.kind = kind, .channel = w->channel->id, .account = account};
    return chat_event_add(tx, w->call->room, &e);
}

static apr_status_t write_work(room_work_t *w, chat_work_fn fn)
{
    apr_status_t rv = chat_store_write(w->call->site->store, fn, w);
    if (rv == APR_SUCCESS)
        chat_event_hint(w->call, w->call->room);
    return rv;
}

static apr_status_t insert_channel(room_work_t *w, chat_tx_t *tx, apr_int64_t creator)
{
    chat_channel_t *ch = w->channel;
    chat_membership_t m = {.account = creator, .permissions = 7, .joined = 1};
    apr_status_t rv = chat_channel_put(ch, w->call, tx, w->key, creator);
    if (rv != APR_SUCCESS || !creator)
        return rv;
    m.channel = ch->id;
    rv = chat_membership_put(tx, &m, w->call->now);
    return rv == APR_SUCCESS ? note(w, tx, CHAT_EVENT_MEMBER_ADDED, creator) : rv;
}

static apr_status_t add_channel(chat_tx_t *tx, void *baton)
{
    room_work_t *w = baton;
    chat_channel_t *ch = w->channel;
    chat_identity_t creator = {0};
    apr_status_t rv =
        w->other ? find_member(&creator, w, tx) : chat_admin_check_room(w->call, tx);
    if (rv != APR_SUCCESS)
        return rv;
    *ch = (chat_channel_t){.room = w->call->room,
                           .uuid = chat_uuid_new(w->call->pool),
                           .name = w->wanted->name,
                           .description = w->wanted->description,
                           .creator = creator.name,
                           .public = w->wanted->public,
                           .created = w->call->now,
                           .permissions = -1};
    return insert_channel(w, tx, creator.id);
}

apr_status_t chat_admin_channel_add(chat_channel_t *out, chat_call_t *c,
                                    const chat_admin_channel_t *wanted)
{
    room_work_t w = {
        .call = c, .wanted = wanted, .channel = out, .other = wanted->creator};
    apr_status_t rv = chat_channel_name(&w.key, c, wanted->name, "name");
    return rv == APR_SUCCESS ? write_work(&w, add_channel) : rv;
}

apr_status_t chat_admin_channel_list(chat_channels_t *out, chat_call_t *c)
{
    chat_tx_t *tx;
    apr_status_t rv = chat_admin_begin(&tx, c);
    if (rv == APR_SUCCESS)
        rv = chat_channel_all(out, tx, c->room, c->pool);
    return chat_store_end(tx, rv);
}

apr_status_t chat_admin_channel_delete(chat_call_t *c, const char *name)
{
    chat_act_t a = {.call = c, .channel_name = name};
    return chat_channel_delete(&a);
}

apr_status_t chat_admin_channel_rights(int *now, chat_call_t *c, const char *channel,
                                       const char *account, int rights, int grant)
{
    chat_act_t a = {.call = c, .channel_name = channel, .username = account};
    *now = grant ? rights : 0;
    return chat_channel_grant(&a, now, rights);
}

static apr_status_t describe_room(chat_admin_room_t *out, chat_call_t *c, chat_tx_t *tx)
{
    chat_identity_t owner;
    apr_status_t rv = chat_room_count(&out->counts, tx, out->room.id);
    out->owner = NULL;
    if (rv != APR_SUCCESS || !out->room.owner)
        return rv;
    rv = chat_identity_by_id(&owner, tx, out->room.owner, c->pool);
    if (rv == APR_SUCCESS)
        out->owner = owner.name;
    return rv == CHAT_NOTFOUND ? APR_SUCCESS : rv;
}

/* Chatrooms of the chatroom API may share a name, since their ids tell them apart; an
 * administrator who uses one twice has made a mistake. */
static apr_status_t check_room_name(room_work_t *w, chat_tx_t *tx)
{
    chat_room_t *rooms;
    int n;
    apr_pool_t *pool = w->call->pool;
    apr_status_t rv = chat_room_all(&rooms, &n, tx, pool);
    for (int i = 0; rv == APR_SUCCESS && i < n; i++) {
        if (!strcmp(chat_name_fold_channel(rooms[i].name, pool), w->key))
            rv = chat_call_refuse_detail(w->call, CHAT_P_NAME_TAKEN, "name", w->name);
    }
    return rv;
}

static apr_status_t add_room(chat_tx_t *tx, void *baton)
{
    room_work_t *w = baton;
    chat_admin_room_t *out = w->room;
    apr_status_t rv = check_room_name(w, tx);
    if (rv == APR_SUCCESS)
        rv = chat_room_insert_usual(&out->room.id, tx, w->name, w->call->now,
                                    w->call->pool);
    if (rv == APR_SUCCESS)
        rv = chat_room_by_id(&out->room, tx, out->room.id, w->call->pool);
    return rv == APR_SUCCESS ? describe_room(out, w->call, tx) : rv;
}

apr_status_t chat_admin_room_add(chat_admin_room_t *out, chat_call_t *c, const char *name)
{
    room_work_t w = {.call = c, .room = out, .name = name};
    apr_status_t rv = chat_channel_name(&w.key, c, name, "name");
    return rv == APR_SUCCESS ? chat_store_write(c->site->store, add_room, &w) : rv;
}

apr_status_t chat_admin_room_list(chat_admin_room_t **out, int *n, chat_call_t *c,
                                  apr_int64_t after, int limit)
{
    chat_tx_t *tx;
    apr_status_t rv = chat_call_begin(&tx, c);
    if (rv == APR_SUCCESS)
        rv = chat_room_page(out, n, tx, after, limit, c->pool);
    return chat_store_end(tx, rv);
}

apr_status_t chat_admin_room_show(chat_admin_room_t *out, chat_call_t *c)
{
    chat_tx_t *tx;
    apr_status_t rv = chat_admin_begin(&tx, c);
    if (rv == APR_SUCCESS)
        rv = chat_room_by_id(&out->room, tx, c->room, c->pool);
    if (rv == APR_SUCCESS)
        rv = describe_room(out, c, tx);
    return chat_store_end(tx, rv);
}

static apr_status_t set_owner(chat_tx_t *tx, void *baton)
{
    room_work_t *w = baton;
    chat_identity_t who;
    apr_status_t rv = find_member(&who, w, tx);
    return rv == APR_SUCCESS ? chat_room_set_owner(tx, w->call->room, who.id) : rv;
}

apr_status_t chat_admin_room_owner(chat_call_t *c, const char *name)
{
    room_work_t w = {.call = c, .other = name};
    return write_work(&w, set_owner);
}

static apr_status_t set_keep(chat_tx_t *tx, void *baton)
{
    room_work_t *w = baton;
    apr_status_t rv = chat_admin_check_room(w->call, tx);
    return rv == APR_SUCCESS ? chat_room_set_keep(tx, w->call->room, w->keep) : rv;
}

apr_status_t chat_admin_room_keep(chat_call_t *c, apr_int64_t seconds)
{
    room_work_t w = {.call = c, .keep = seconds};
    return chat_store_write(c->site->store, set_keep, &w);
}

static apr_status_t link_account(chat_tx_t *tx, void *baton)
{
    room_work_t *w = baton;
    chat_link_t link = *w->link;
    chat_identity_t who;
    apr_status_t rv = find_member(&who, w, tx);
    if (rv != APR_SUCCESS)
        return rv;
    link.account = who.id;
    link.name_key = chat_name_fold(link.name, w->call->pool);
    return chat_link_put(tx, &link, w->call->now);
}

apr_status_t chat_admin_discord_link(chat_call_t *c, const char *account,
                                     const chat_link_t *link)
{
    room_work_t w = {.call = c, .other = account, .link = link};
    const char *key;
    apr_status_t rv = chat_channel_name(&key, c, link->name, "name");
    return rv == APR_SUCCESS ? chat_store_write(c->site->store, link_account, &w) : rv;
}

static apr_status_t unlink_account(chat_tx_t *tx, void *baton)
{
    room_work_t *w = baton;
    chat_identity_t who;
    apr_status_t rv = find_member(&who, w, tx);
    if (rv != APR_SUCCESS)
        return rv;
    rv = chat_discord_person_drop(tx, who.room, who.id,
                                  chat_name_fold(w->name, w->call->pool));
    if (rv != APR_SUCCESS)
        return rv;
    rv = chat_link_delete(tx, who.id, chat_name_fold(w->name, w->call->pool));
    return rv == CHAT_NOTFOUND ? chat_call_refuse(w->call, CHAT_P_NO_LINK, "name") : rv;
}

apr_status_t chat_admin_discord_unlink(chat_call_t *c, const char *account,
                                       const char *name)
{
    room_work_t w = {.call = c, .other = account, .name = name};
    return chat_store_write(c->site->store, unlink_account, &w);
}

apr_status_t chat_admin_discord_list(chat_link_t **out, int *n, chat_call_t *c)
{
    chat_tx_t *tx;
    apr_status_t rv = chat_admin_begin(&tx, c);
    if (rv == APR_SUCCESS)
        rv = chat_link_all(out, n, tx, c->room, c->pool);
    return chat_store_end(tx, rv);
}

apr_status_t chat_admin_outbox_list(chat_outbox_item_t **out, int *n, chat_call_t *c,
                                    apr_int64_t after, int limit)
{
    chat_tx_t *tx;
    apr_status_t rv = chat_call_begin(&tx, c);
    if (rv == APR_SUCCESS)
        rv = chat_outbox_page(out, n, tx, after, limit, c->pool);
    return chat_store_end(tx, rv);
}

static apr_status_t retry_outbox(chat_tx_t *tx, void *baton)
{
    room_work_t *w = baton;
    apr_status_t rv = chat_outbox_revive(tx, w->id, w->call->now);
    return rv == CHAT_NOTFOUND ? chat_call_refuse(w->call, CHAT_P_NO_ITEM, "id") : rv;
}

apr_status_t chat_admin_outbox_retry(chat_call_t *c, apr_int64_t id)
{
    room_work_t w = {.call = c, .id = id};
    return write_work(&w, retry_outbox);
}

apr_status_t chat_admin_count(chat_admin_stats_t *out, chat_tx_t *tx)
{
    apr_status_t rv = chat_totals(&out->all, tx);
    return rv == APR_SUCCESS ? chat_outbox_count(out->outbox, tx) : rv;
}

apr_status_t chat_admin_stats(chat_admin_stats_t *out, chat_call_t *c)
{
    chat_tx_t *tx;
    apr_status_t rv = chat_call_begin(&tx, c);
    if (rv == APR_SUCCESS)
        rv = chat_admin_count(out, tx);
    return chat_store_end(tx, rv);
}
