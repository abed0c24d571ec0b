/* SPDX-License-Identifier: Apache-2.0 */
/* Rules of channels and their members. */
#include "core/channels.h"

#include "base/bounds.h"
#include "base/name.h"
#include "core/policy.h"
#include "core/silence.h"
#include "store/skeleton.h"

#include <apr_strings.h>

#define ALL_RIGHTS (CHAT_READ | CHAT_WRITE | CHAT_ADMIN)
#define MEMBER_RIGHTS (CHAT_READ | CHAT_WRITE)

apr_status_t chat_channel_find(chat_channel_t *out, chat_call_t *c, chat_tx_t *tx,
                               const chat_identity_t *who, const char *name)
{
    const char *plain = chat_name_fold(name, c->pool);
    const char *key = chat_name_fold_channel(name, c->pool);
    apr_status_t rv = chat_channel_by_name(out, tx, who->id, who->room, plain, c->pool);
    if (rv == CHAT_NOTFOUND && strcmp(plain, key) != 0)
        rv = chat_channel_by_name(out, tx, who->id, who->room, key, c->pool);
    return rv == CHAT_NOTFOUND ? chat_call_refuse(c, CHAT_P_NO_CHANNEL, "channel") : rv;
}

apr_status_t chat_channel_find_public(chat_channel_t *out, chat_call_t *c, chat_tx_t *tx,
                                      const chat_identity_t *who, apr_int64_t id)
{
    apr_status_t rv = chat_channel_by_id(out, tx, who ? who->id : 0, id, c->pool);
    if (rv == CHAT_NOTFOUND ||
        (rv == APR_SUCCESS && (out->room != c->room || !out->public)))
        return chat_call_refuse(c, CHAT_P_NO_CHANNEL, "channel");
    return rv;
}

apr_status_t chat_channel_name(const char **key, chat_call_t *c, const char *name,
                               const char *field)
{
    chat_name_t result = chat_name_channel(key, name, c->pool);
    if (result == CHAT_NAME_OK)
        return APR_SUCCESS;
    chat_call_refuse(c, CHAT_P_CHANNEL_NAME_RULE, field);
    c->problem.number = result;
    return CHAT_REFUSED;
}

int chat_channel_known(const chat_channel_t *ch)
{
    return ch->public || ch->permissions > 0;
}

apr_status_t chat_channel_drop(chat_call_t *c, chat_tx_t *tx, apr_int64_t room,
                               apr_int64_t id)
{
    chat_event_t e = {.kind = CHAT_EVENT_CHANNEL_DELETED, .channel = id};
    apr_status_t rv = chat_channel_set_deleted(tx, id, c->now);
    return rv == APR_SUCCESS ? chat_event_add(tx, room, &e) : rv;
}

/* A private channel that no account can read any more gives its name free. */
static apr_status_t free_name(chat_call_t *c, chat_tx_t *tx, apr_int64_t room,
                              const char *key, const char *name)
{
    chat_channel_t ch;
    apr_int64_t like;
    apr_status_t rv = chat_channel_by_name(&ch, tx, 0, room, key, c->pool);
    if (rv == CHAT_NOTFOUND) {
        rv = chat_skeleton_channel(&like, tx, room, name, c->pool);
        if (rv == APR_SUCCESS)
            rv = chat_channel_by_id(&ch, tx, 0, like, c->pool);
    }
    if (rv == APR_SUCCESS)
        rv = ch.public ? APR_SUCCESS : chat_channel_reached(tx, ch.id);
    if (rv != CHAT_NOTFOUND)
        return rv == APR_SUCCESS ? CHAT_CONFLICT : rv;
    return chat_channel_drop(c, tx, room, ch.id);
}

/* CHAT_CONFLICT when a channel of release 0.1 is found by the name of CH. */
static apr_status_t look_for_older(const chat_channel_t *ch, chat_call_t *c,
                                   chat_tx_t *tx, const char *key)
{
    const char *plain = chat_name_fold(ch->name, c->pool);
    chat_channel_t older;
    apr_status_t rv = strcmp(plain, key)
                          ? chat_channel_by_name(&older, tx, 0, ch->room, plain, c->pool)
                          : CHAT_NOTFOUND;
    if (rv == CHAT_NOTFOUND)
        return APR_SUCCESS;
    return rv == APR_SUCCESS ? CHAT_CONFLICT : rv;
}

apr_status_t chat_channel_put(chat_channel_t *ch, chat_call_t *c, chat_tx_t *tx,
                              const char *key, apr_int64_t creator)
{
    chat_event_t e = {.kind = CHAT_EVENT_CHANNEL_ADDED, .account = creator};
    apr_status_t rv = look_for_older(ch, c, tx, key);
    if (rv == CHAT_CONFLICT)
        return chat_call_refuse(c, CHAT_P_CHANNEL_TAKEN, "name");
    if (rv == APR_SUCCESS)
        rv = chat_channel_insert(&ch->id, tx, ch, key, creator);
    if (rv == CHAT_CONFLICT) {
        rv = free_name(c, tx, ch->room, key, ch->name);
        if (rv == APR_SUCCESS)
            rv = chat_channel_insert(&ch->id, tx, ch, key, creator);
    }
    if (rv == CHAT_CONFLICT)
        return chat_call_refuse(c, CHAT_P_CHANNEL_TAKEN, "name");
    e.channel = ch->id;
    return rv == APR_SUCCESS && ch->public ? chat_event_add(tx, ch->room, &e) : rv;
}

/* One request about one channel. */
typedef struct work_t {
    chat_call_t *call;
    const chat_auth_t *auth;
    const char *channel_name;
    const char *other; /* name of another account */
    chat_identity_t who;
    chat_channel_t *channel;
    const chat_new_channel_t *wanted;
    const char *key;
} work_t;

/* For a request that changes its members. */
static apr_status_t find_to_change(work_t *w, chat_tx_t *tx)
{
    apr_status_t rv = chat_auth_resolve(&w->who, w->call, tx, w->auth);
    if (rv == APR_SUCCESS)
        rv = chat_channel_find(w->channel, w->call, tx, &w->who, w->channel_name);
    return rv == APR_SUCCESS
               ? chat_call_limit_account(w->call, CHAT_LIMIT_CHANGES, w->who.id, 0)
               : rv;
}

static apr_status_t note(work_t *w, chat_tx_t *tx, chat_event_kind_t kind,
                         apr_int64_t account)
{
    chat_event_t e = {.kind = kind, .channel = w->channel->id, .account = account};
    return chat_event_add(tx, w->who.room, &e);
}

apr_status_t chat_member_put(chat_call_t *c, chat_tx_t *tx, const chat_channel_t *ch,
                             apr_int64_t account, int rights)
{
    chat_event_t e = {
        .kind = CHAT_EVENT_MEMBER_ADDED, .channel = ch->id, .account = account};
    chat_membership_t m = {account, ch->id, rights, 1};
    apr_int64_t n;
    apr_status_t rv = chat_membership_count(&n, tx, account);
    if (rv == APR_SUCCESS && n >= CHAT_MEMBERSHIPS_PER_ACCOUNT)
        return chat_refuse_number(&c->problem, CHAT_P_TOO_MANY, n);
    if (rv == APR_SUCCESS)
        rv = chat_membership_put(tx, &m, c->now);
    return rv == APR_SUCCESS ? chat_event_add(tx, ch->room, &e) : rv;
}

static const char *principal(const work_t *w)
{
    return apr_psprintf(w->call->pool, "%" APR_INT64_T_FMT, w->who.id);
}

/* Only the owner may create a public channel. */
static apr_status_t may_make(work_t *w, chat_tx_t *tx)
{
    chat_room_t room;
    apr_status_t rv;
    if (!w->wanted->public && !w->wanted->owners)
        return APR_SUCCESS;
    rv = chat_room_by_id(&room, tx, w->who.room, w->call->pool);
    if (rv != APR_SUCCESS)
        return rv;
    if (chat_policy_allows(CHAT_MAY_CREATE_PUBLIC, &w->who, NULL, room.owner))
        return APR_SUCCESS;
    return chat_call_refuse(w->call, CHAT_P_NOT_OWNER, "channel");
}

static apr_status_t insert_channel(work_t *w, chat_tx_t *tx)
{
    chat_channel_t *ch = w->channel;
    apr_status_t rv;
    ch->room = w->who.room;
    ch->uuid = chat_uuid_new(w->call->pool);
    ch->name = w->wanted->name;
    ch->description = w->wanted->description;
    ch->creator = w->who.name;
    ch->public = w->wanted->public;
    ch->created = w->call->now;
    ch->permissions = ALL_RIGHTS;
    ch->joined = 1;
    rv = chat_channel_put(ch, w->call, tx, w->key, w->who.id);
    return rv == APR_SUCCESS
               ? chat_member_put(w->call, tx, w->channel, w->who.id, ALL_RIGHTS)
               : rv;
}

static apr_status_t make(chat_tx_t *tx, void *baton)
{
    work_t *w = baton;
    apr_int64_t known;
    apr_status_t rv = chat_auth_change(&w->who, w->call, tx, w->auth);
    if (rv == APR_SUCCESS)
        rv = chat_once_known(&known, w->call, tx, principal(w));
    if (rv != APR_SUCCESS)
        return rv;
    if (known) {
        rv = chat_channel_by_id(w->channel, tx, w->who.id, known, w->call->pool);
        return rv == CHAT_NOTFOUND ? chat_call_refuse(w->call, CHAT_P_NO_CHANNEL, "name")
                                   : rv;
    }
    rv = may_make(w, tx);
    if (rv == APR_SUCCESS)
        rv = chat_silence_check(w->call, tx, &w->who, NULL);
    if (rv == APR_SUCCESS)
        rv = chat_channel_count(&known, tx, w->who.room, w->who.id);
    if (rv == APR_SUCCESS && known >= CHAT_CHANNELS_PER_CREATOR)
        return chat_refuse_number(&w->call->problem, CHAT_P_TOO_MANY, known);
    if (rv == APR_SUCCESS)
        rv = insert_channel(w, tx);
    if (rv == APR_SUCCESS)
        rv = chat_once_remember(w->call, tx, principal(w), w->channel->id);
    return rv;
}

static apr_status_t write_work(work_t *w, chat_work_fn fn)
{
    apr_status_t rv = chat_store_write(w->call->site->store, fn, w);
    if (rv == APR_SUCCESS)
        chat_event_hint(w->call, w->who.room);
    return rv;
}

apr_status_t chat_channel_make(chat_channel_t *out, chat_call_t *c,
                               const chat_auth_t *auth, const chat_new_channel_t *wanted)
{
    work_t w = {.call = c, .auth = auth, .channel = out, .wanted = wanted};
    apr_status_t rv = chat_channel_name(&w.key, c, wanted->name, "name");
    return rv == APR_SUCCESS ? write_work(&w, make) : rv;
}

/* No member can add a friend, or a second account of their own, with more rights than
 * they have. */
static int rights_to_give(const work_t *w)
{
    return w->channel->public
               ? MEMBER_RIGHTS
               : MEMBER_RIGHTS & chat_policy_rights(&w->who, w->channel, 0);
}

static apr_status_t add(chat_tx_t *tx, void *baton)
{
    work_t *w = baton;
    chat_call_t *c = w->call;
    chat_identity_t other;
    chat_channel_t theirs;
    apr_status_t rv = find_to_change(w, tx);
    if (rv != APR_SUCCESS)
        return rv;
    if (!chat_policy_allows(CHAT_MAY_ADD_MEMBER, &w->who, w->channel, 0))
        return chat_call_refuse(c, CHAT_P_NO_READ, "channel");
    rv = chat_silence_check(c, tx, &w->who, w->channel);
    if (rv != APR_SUCCESS)
        return rv;
    rv = chat_identity_by_name(&other, tx, w->who.room, chat_name_fold(w->other, c->pool),
                               c->pool);
    if (rv == CHAT_NOTFOUND || (rv == APR_SUCCESS && !chat_identity_reachable(&other)))
        return chat_call_refuse(c, CHAT_P_NO_ACCOUNT, "username");
    if (rv == APR_SUCCESS)
        rv = chat_channel_by_id(&theirs, tx, other.id, w->channel->id, c->pool);
    if (rv != APR_SUCCESS)
        return rv;
    w->other = other.name;
    if (theirs.joined)
        return APR_SUCCESS;
    /* rights that an administrator has set outlive joining */
    return chat_member_put(w->call, tx, w->channel, other.id,
                           theirs.permissions < 0 ? rights_to_give(w)
                                                  : theirs.permissions);
}

apr_status_t chat_channel_add(chat_channel_t *out, const char **added, chat_call_t *c,
                              const chat_auth_t *auth, const char *channel,
                              const char *name)
{
    work_t w = {.call = c, .auth = auth, .channel_name = channel, .channel = out};
    apr_status_t rv;
    w.other = name;
    rv = write_work(&w, add);
    *added = w.other;
    return rv;
}

static apr_status_t join(chat_tx_t *tx, void *baton)
{
    work_t *w = baton;
    apr_status_t rv = find_to_change(w, tx);
    if (rv != APR_SUCCESS)
        return rv;
    if (!chat_policy_allows(CHAT_MAY_JOIN, &w->who, w->channel, 0))
        return chat_call_refuse(w->call, CHAT_P_NO_CHANNEL, "channel");
    if (w->channel->joined)
        return APR_SUCCESS;
    return chat_member_put(w->call, tx, w->channel, w->who.id,
                           w->channel->permissions < 0 ? MEMBER_RIGHTS
                                                       : w->channel->permissions);
}

apr_status_t chat_channel_join(chat_channel_t *out, chat_call_t *c,
                               const chat_auth_t *auth, const char *channel)
{
    work_t w = {.call = c, .auth = auth, .channel_name = channel, .channel = out};
    return write_work(&w, join);
}

apr_status_t chat_member_end(chat_call_t *c, chat_tx_t *tx, const chat_channel_t *ch,
                             apr_int64_t account)
{
    chat_membership_t m = {account, ch->id, ch->permissions, 0};
    int restricted = (ch->permissions & MEMBER_RIGHTS) != MEMBER_RIGHTS;
    if (ch->public ? restricted : !ch->permissions)
        return chat_membership_put(tx, &m, c->now);
    return chat_membership_delete(tx, account, ch->id);
}

static apr_status_t leave(chat_tx_t *tx, void *baton)
{
    work_t *w = baton;
    apr_status_t rv = find_to_change(w, tx);
    if (rv != APR_SUCCESS)
        return rv;
    if (!w->channel->joined)
        return chat_call_refuse(w->call, CHAT_P_NO_READ, "channel");
    rv = chat_member_end(w->call, tx, w->channel, w->who.id);
    return rv == APR_SUCCESS ? note(w, tx, CHAT_EVENT_MEMBER_REMOVED, w->who.id) : rv;
}

apr_status_t chat_channel_leave(chat_channel_t *out, chat_call_t *c,
                                const chat_auth_t *auth, const char *channel)
{
    work_t w = {.call = c, .auth = auth, .channel_name = channel, .channel = out};
    return write_work(&w, leave);
}

apr_status_t chat_channels_joined(chat_channels_t *out, chat_call_t *c,
                                  const chat_auth_t *auth)
{
    chat_identity_t who;
    chat_tx_t *tx;
    apr_status_t rv = chat_auth_begin(&who, &tx, c, auth);
    if (rv == APR_SUCCESS)
        rv = chat_channel_joined(out, tx, who.id, c->pool);
    return chat_store_end(tx, rv);
}

apr_status_t chat_channels_readable(chat_channels_t *out, chat_tx_t *tx,
                                    const chat_identity_t *who, apr_pool_t *pool)
{
    int n = 0;
    apr_status_t rv = chat_channel_visible(out, tx, who->id, who->room, pool);
    if (rv != APR_SUCCESS)
        return rv;
    for (int i = 0; i < out->n; i++) {
        if (chat_policy_allows(CHAT_MAY_READ, who, &out->list[i], 0))
            out->list[n++] = out->list[i];
    }
    out->n = n;
    return APR_SUCCESS;
}

apr_status_t chat_channels_visible(chat_channels_t *out, chat_call_t *c,
                                   const chat_auth_t *auth)
{
    chat_identity_t who;
    chat_tx_t *tx;
    apr_status_t rv = chat_auth_begin(&who, &tx, c, auth);
    if (rv == APR_SUCCESS)
        rv = chat_channels_readable(out, tx, &who, c->pool);
    return chat_store_end(tx, rv);
}

apr_status_t chat_channel_members(chat_members_t *out, chat_call_t *c,
                                  const chat_auth_t *auth, const char *channel)
{
    chat_channel_t *ch = &out->channel;
    chat_identity_t who;
    chat_tx_t *tx;
    apr_status_t rv = chat_auth_begin(&who, &tx, c, auth);
    if (rv == APR_SUCCESS)
        rv = chat_channel_find(ch, c, tx, &who, channel);
    if (rv == APR_SUCCESS && !chat_policy_allows(CHAT_MAY_READ, &who, ch, 0))
        rv = chat_call_refuse(c, CHAT_P_NO_READ, "channel");
    if (rv == APR_SUCCESS)
        rv = chat_channel_member_names(&out->names, &out->n, tx, ch->id, c->pool);
    return chat_store_end(tx, rv);
}
