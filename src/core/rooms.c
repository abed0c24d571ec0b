/* SPDX-License-Identifier: Apache-2.0 */
/* Rules of chatrooms. */
#include "core/rooms.h"

#include "base/name.h"
#include "base/text.h"
#include "core/accounts.h"
#include "core/channels.h"
#include "core/quota.h"
#include "core/sessions.h"
#include "store/chatroom_counter.h"
#include "store/post.h"

#include <apr_strings.h>
#include <string.h>

#define MIN_PASSWORD 10 /* as the schema sets it for a new chatroom */
#define TRIES 5

typedef struct make_t {
    chat_call_t *call;
    const chat_new_room_t *wanted;
    chat_account_t owner;
    chat_lobby_t *lobby;
    chat_channel_t channel;
    apr_int64_t known; /* id of the chatroom that this request created before */
} make_t;

apr_status_t chat_room_password(chat_call_t *c, apr_int64_t min, const char *password)
{
    if ((apr_int64_t)chat_text_length(password, strlen(password)) < min)
        return chat_refuse_number(&c->problem, CHAT_P_PASSWORD_RULE, min);
    return APR_SUCCESS;
}

static apr_status_t once_known(make_t *m, chat_tx_t *tx)
{
    m->known = 0;
    return chat_once_known(&m->known, m->call, tx, m->owner.name_key);
}

static apr_status_t insert_room(make_t *m, chat_tx_t *tx)
{
    chat_call_t *c = m->call;
    chat_room_t *room = &m->lobby->entry.room;
    memset(room, 0, sizeof(*room));
    room->uuid = chat_uuid_new(c->pool);
    room->name = m->wanted->name;
    room->min_password = MIN_PASSWORD;
    room->created = c->now;
    return chat_room_insert(&room->id, tx, room->uuid, room->name, room->created);
}

static apr_status_t insert_owner(make_t *m, chat_tx_t *tx)
{
    chat_entry_t *entry = &m->lobby->entry;
    chat_account_t *a = &m->owner;
    apr_status_t rv;
    a->who.room = entry->room.id;
    rv = chat_account_insert(&a->who.id, tx, a, NULL);
    if (rv == APR_SUCCESS)
        rv = chat_room_set_owner(tx, entry->room.id, a->who.id);
    entry->room.owner = a->who.id;
    entry->who = a->who;
    return rv;
}

static apr_status_t insert_channel(make_t *m, chat_tx_t *tx)
{
    chat_call_t *c = m->call;
    m->channel = (chat_channel_t){.room = m->lobby->entry.room.id,
                                  .creator = m->wanted->username,
                                  .created = c->now};
    return chat_channel_insert_default(&m->channel, tx, m->owner.who.id, c->pool);
}

/* A message of the system with its event, as any other message has one. */
static apr_status_t welcome(make_t *m, chat_tx_t *tx)
{
    chat_message_t msg = {.kind = CHAT_MESSAGE_SYSTEM, .author_name = "system"};
    apr_int64_t number;
    apr_status_t rv = chat_tx_number(&number, &msg.created, tx, m->channel.room);
    if (rv != APR_SUCCESS)
        return rv;
    msg.id = CHAT_ROW_ID(m->channel.room, number);
    msg.channel = m->channel.id;
    msg.body = apr_pstrcat(m->call->pool, "Welcome ", m->wanted->username, "!", NULL);
    msg.body_len = strlen(msg.body);
    return chat_post_insert(tx, &msg, NULL);
}

static apr_status_t let_owner_in(make_t *m, chat_tx_t *tx)
{
    apr_status_t rv = welcome(m, tx);
    if (rv == APR_SUCCESS)
        rv = chat_session_begin(m->call, tx, m->owner.who.id, m->wanted->session);
    if (rv == APR_SUCCESS)
        rv = chat_once_remember(m->call, tx, m->owner.name_key, m->lobby->entry.room.id);
    return rv;
}

static apr_status_t make(chat_tx_t *tx, void *baton)
{
    make_t *m = baton;
    apr_status_t rv = once_known(m, tx);
    if (rv != APR_SUCCESS || m->known)
        return rv;
    rv = insert_room(m, tx);
    if (rv == APR_SUCCESS)
        rv = insert_owner(m, tx);
    if (rv == APR_SUCCESS)
        rv = insert_channel(m, tx);
    if (rv == APR_SUCCESS)
        rv = let_owner_in(m, tx);
    m->lobby->channels.list = &m->channel;
    m->lobby->channels.n = 1;
    return rv;
}

static apr_status_t find_known(chat_tx_t *tx, void *baton)
{
    make_t *m = baton;
    apr_status_t rv = once_known(m, tx);
    if (rv == APR_SUCCESS && m->known)
        rv = chat_room_by_id(&m->lobby->entry.room, tx, m->known, m->call->pool);
    return rv;
}

/* Whether the chatroom may be created; fills in the owner. */
static apr_status_t prepare(make_t *m)
{
    chat_call_t *c = m->call;
    const chat_new_room_t *w = m->wanted;
    const char *key;
    apr_status_t rv;
    if (!c->site->room_creation)
        return chat_call_refuse(c, CHAT_P_ROOM_CREATION_OFF, NULL);
    if (c->settings->registration == CHAT_REGISTRATION_CLOSED)
        return chat_call_refuse(c, CHAT_P_CLOSED_REGISTRATION, NULL);
    rv = chat_account_prepare(&m->owner, c, w->username);
    if (rv == APR_SUCCESS)
        rv = chat_room_password(c, MIN_PASSWORD, w->password);
    if (rv == APR_SUCCESS)
        rv = chat_account_password(c, w->password, w->username);
    if (rv == APR_SUCCESS)
        rv = chat_channel_name(&key, c, w->name, "chatroom_name");
    return rv;
}

static apr_status_t hash_and_make(make_t *m)
{
    chat_call_t *c = m->call;
    apr_status_t rv = chat_call_limit(c, CHAT_LIMIT_REGISTRATIONS);
    if (rv != APR_SUCCESS)
        return rv;
    rv = chat_account_hash(&m->owner.password_hash, c, m->owner.created,
                           m->wanted->password);
    for (int i = 0; rv == APR_SUCCESS && i < TRIES; i++) {
        rv = chat_store_write(c->site->store, make, m);
        if (rv != CHAT_CONFLICT)
            break;
        rv = i + 1 < TRIES ? APR_SUCCESS : CHAT_BUSY;
    }
    if (rv != APR_SUCCESS || m->known)
        chat_call_unlimit(c);
    return rv;
}

apr_status_t chat_room_create(chat_lobby_t *out, chat_call_t *c,
                              const chat_new_room_t *wanted)
{
    make_t *m = apr_pcalloc(c->pool, sizeof(*m));
    chat_room_login_t again = {.name = wanted->username, .password = wanted->password};
    apr_status_t rv;
    m->call = c;
    m->wanted = wanted;
    m->lobby = out;
    rv = prepare(m);
    chat_once_add(c, apr_pstrcat(c->pool, wanted->username, "\n", wanted->name, NULL));
    if (rv == APR_SUCCESS && c->once_key)
        rv = chat_store_read(c->site->store, find_known, m);
    if (rv == APR_SUCCESS && !m->known)
        rv = hash_and_make(m);
    if (rv != APR_SUCCESS)
        return rv;
    if (m->known) {
        c->room = m->known;
        again.session = wanted->session;
        return chat_once_again(c, chat_room_login(out, c, &again));
    }
    c->room = out->entry.room.id;
    chat_event_hint(c, c->room);
    return APR_SUCCESS;
}

/* ---- coming in ---- */

apr_status_t chat_room_find(chat_room_t *out, chat_call_t *c, const char *uuid)
{
    chat_tx_t *tx;
    apr_status_t rv = chat_call_begin(&tx, c);
    if (rv == APR_SUCCESS)
        rv = chat_auth_room(out, c, tx, uuid);
    return chat_store_end(tx, rv);
}

typedef struct enter_t {
    chat_call_t *call;
    const chat_room_login_t *login;
    chat_lobby_t *lobby;
    const char *name;
    const chat_account_t *verified;
} enter_t;

static apr_status_t find_by_id(chat_identity_t *out, enter_t *e, chat_tx_t *tx)
{
    const char *uuid = e->login->uuid;
    chat_entry_t *entry = &e->lobby->entry;
    apr_status_t rv;
    if (!strcmp(uuid, "0"))
        return entry->room.owner
                   ? chat_identity_by_id(out, tx, entry->room.owner, e->call->pool)
                   : CHAT_NOTFOUND;
    rv = chat_identity_by_uuid(out, tx, uuid, e->call->pool);
    return rv == APR_SUCCESS && out->room != entry->room.id ? CHAT_NOTFOUND : rv;
}

static apr_status_t find_login(chat_tx_t *tx, void *baton)
{
    enter_t *e = baton;
    chat_call_t *c = e->call;
    chat_entry_t *entry = &e->lobby->entry;
    apr_status_t rv;
    if (e->login->room_uuid)
        rv = chat_auth_room(&entry->room, c, tx, e->login->room_uuid);
    else
        rv = chat_room_by_id(&entry->room, tx, c->room, c->pool);
    if (rv != APR_SUCCESS)
        return rv;
    if (e->login->uuid)
        rv = find_by_id(&entry->who, e, tx);
    else
        rv = chat_identity_by_name(&entry->who, tx, entry->room.id,
                                   chat_name_fold(e->login->name, c->pool), c->pool);
    if (rv == CHAT_NOTFOUND)
        return chat_quota_probe(c, chat_call_refuse(c, CHAT_P_NO_ACCOUNT, "userID"));
    e->name = entry->who.name;
    return rv;
}

static apr_status_t enter(chat_tx_t *tx, void *baton)
{
    enter_t *e = baton;
    chat_call_t *c = e->call;
    chat_entry_t *entry = &e->lobby->entry;
    chat_account_t now;
    apr_status_t rv = chat_account_recheck(&now, c, tx, e->verified);
    if (rv == APR_SUCCESS && now.who.id != entry->who.id)
        return chat_call_refuse(c, CHAT_P_CREDENTIALS, NULL);
    if (rv != APR_SUCCESS)
        return rv;
    entry->who = now.who;
    rv = chat_session_begin(c, tx, entry->who.id, e->login->session);
    if (rv == APR_SUCCESS)
        rv = chat_channels_readable(&e->lobby->channels, tx, &entry->who, c->pool);
    return rv;
}

apr_status_t chat_room_login(chat_lobby_t *out, chat_call_t *c,
                             const chat_room_login_t *login)
{
    chat_account_t account;
    enter_t e = {.call = c, .login = login, .lobby = out, .verified = &account};
    chat_credentials_t shown = {.password = login->password, .session = 1};
    apr_status_t rv = chat_store_read(c->site->store, find_login, &e);
    if (rv == CHAT_REFUSED && c->problem.code != CHAT_P_NO_ROOM)
        chat_login_refused(c, NULL);
    shown.name = e.name;
    if (rv == APR_SUCCESS)
        rv = chat_account_login(&account, c, &shown);
    if (rv == APR_SUCCESS)
        rv = chat_store_write(c->site->store, enter, &e);
    return rv;
}

/* ---- accounts of the chatroom ---- */

apr_status_t chat_room_users(chat_profiles_t *out, chat_call_t *c,
                             const chat_auth_t *auth)
{
    chat_identity_t who;
    chat_tx_t *tx;
    apr_status_t rv = chat_auth_begin(&who, &tx, c, auth);
    if (rv == APR_SUCCESS)
        rv = chat_profile_all(out, tx, who.room, c->pool);
    return chat_store_end(tx, rv);
}
