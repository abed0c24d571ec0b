/* SPDX-License-Identifier: Apache-2.0 */
/* Who listens where: chatrooms, channels, members and their rights. */
#include "base/bounds.h"
#include "base/name.h"
#include "chatd/nodes.h"
#include "core/policy.h"

#include <apr_strings.h>
#include <stdlib.h>
#include <string.h>

chatd_room_t *chatd_room_find(const chatd_site_t *site, apr_int64_t id)
{
    return chatd_int_map_get(&site->rooms, id);
}

static chatd_room_t *make_room(chatd_site_t *site, apr_int64_t id, apr_int64_t last)
{
    chatd_room_t *room = rt_alloc(sizeof(*room));
    room->site = site;
    room->id = id;
    room->last = last;
    room->fed = apr_time_now();
    chatd_int_map_set(&site->rooms, id, room);
    return room;
}

static void free_channel(chatd_channel_t *ch)
{
    chatd_int_map_free(&ch->readers);
    free(ch->key);
    free(ch);
}

static void free_room(chatd_room_t *room)
{
    chatd_channel_t *ch;
    size_t i = 0;
    chatd_int_map_set(&room->site->rooms, room->id, NULL);
    while ((ch = chatd_int_map_next(&room->channels, &i, NULL)))
        free_channel(ch);
    chatd_int_map_free(&room->channels);
    chatd_int_map_free(&room->members);
    chatd_int_map_free(&room->names);
    free(room);
}

chatd_channel_t *chatd_channel_find(const chatd_room_t *room, apr_int64_t id)
{
    return chatd_int_map_get(&room->channels, id);
}

static void set_key(chatd_channel_t *ch, const chatd_room_t *room, const char *name)
{
    const char *key = chat_name_fold(name, room->site->daemon->scratch);
    free(ch->key);
    ch->key = rt_strndup(key, strlen(key));
}

chatd_channel_t *chatd_channel_make(chatd_room_t *room, const chat_channel_t *c)
{
    chatd_channel_t *ch = chatd_channel_find(room, c->id);
    if (ch)
        return ch;
    ch = rt_alloc(sizeof(*ch));
    ch->id = c->id;
    set_key(ch, room, c->name);
    ch->public = c->public;
    chatd_int_map_set(&room->channels, ch->id, ch);
    return ch;
}

void chatd_channel_drop(chatd_room_t *room, apr_int64_t id)
{
    chatd_channel_t *ch = chatd_channel_find(room, id);
    if (!ch)
        return;
    chatd_int_map_set(&room->channels, id, NULL);
    free_channel(ch);
}

/* Rights are stored plus one: the table has no NULL. */
static int rights_of(const chatd_member_t *m, apr_int64_t channel)
{
    return (int)(intptr_t)chatd_int_map_get(&m->rights, channel) - 1;
}

static int rights_in(const chatd_member_t *m, apr_int64_t channel, int public)
{
    int own = rights_of(m, channel);
    return m->guest ? chat_policy_guest(own, public) : chat_policy_effective(own, public);
}

int chatd_member_reads(const chatd_member_t *m, apr_int64_t channel, int public)
{
    return (rights_in(m, channel, public) & CHAT_READ) != 0;
}

int chatd_member_writes(const chatd_member_t *m, apr_int64_t channel, int public)
{
    return (rights_in(m, channel, public) & CHAT_WRITE) != 0;
}

static int is_blind(const chatd_member_t *m, const chatd_channel_t *ch)
{
    return ch->public && !m->guest && !chatd_member_reads(m, ch->id, 1);
}

/* CH does not know M's rights yet. */
static void note_reader(chatd_member_t *m, chatd_channel_t *ch)
{
    int reads = rights_of(m, ch->id) >= 0 && chatd_member_reads(m, ch->id, ch->public);
    ch->blind += (unsigned)is_blind(m, ch);
    chatd_int_map_set(&ch->readers, m->id, reads ? m : NULL);
}

void chatd_member_set_right(chatd_member_t *m, chatd_channel_t *ch, int permissions)
{
    ch->blind -= (unsigned)is_blind(m, ch);
    chatd_int_map_set(&m->rights, ch->id, (void *)(intptr_t)(permissions + 1));
    note_reader(m, ch);
}

void chatd_channel_change(chatd_room_t *room, const chat_channel_t *now)
{
    chatd_channel_t *ch = chatd_channel_find(room, now->id);
    chatd_member_t *m;
    size_t i = 0;
    if (!ch)
        return;
    set_key(ch, room, now->name);
    if (ch->public == now->public)
        return;
    ch->blind = 0;
    ch->public = now->public;
    while ((m = chatd_int_map_next(&room->members, &i, NULL)))
        note_reader(m, ch);
}

/* FNV-1a; never 0. */
static int64_t hash_of(const char *key)
{
    uint64_t hash = UINT64_C(14695981039346656037);
    for (; *key; key++)
        hash = (hash ^ (unsigned char)*key) * UINT64_C(1099511628211);
    return (int64_t)(hash | 1);
}

chatd_member_t *chatd_member_named(const chatd_room_t *room, const char *key)
{
    chatd_member_t *m = chatd_int_map_get(&room->names, hash_of(key));
    return m && !strcmp(m->key, key) ? m : NULL;
}

static chatd_member_t *make_member(chatd_room_t *room, const chat_identity_t *identity)
{
    chatd_member_t *m = rt_alloc(sizeof(*m));
    const char *key = chat_name_fold(identity->name, room->site->daemon->scratch);
    m->id = identity->id;
    m->name = rt_strndup(identity->name, strlen(identity->name));
    m->key = rt_strndup(key, strlen(key));
    m->hidden = identity->hidden;
    m->muted = identity->muted;
    m->room = room;
    m->guest = identity->rank == CHAT_RANK_GUEST;
    room->guests += (unsigned)m->guest;
    rt_list_init(&m->users);
    chatd_int_map_set(&room->members, m->id, m);
    chatd_int_map_set(&room->names, hash_of(key), m);
    return m;
}

void chatd_member_free(chatd_member_t *m)
{
    int64_t channel;
    size_t i = 0;
    while (chatd_int_map_next(&m->rights, &i, &channel)) {
        chatd_channel_t *ch = chatd_channel_find(m->room, channel);
        if (!ch)
            continue;
        chatd_int_map_set(&ch->readers, m->id, NULL);
        ch->blind -= (unsigned)is_blind(m, ch);
    }
    m->room->guests -= (unsigned)m->guest;
    rt_timer_clear(&m->away);
    chatd_int_map_set(&m->room->members, m->id, NULL);
    if (chatd_member_named(m->room, m->key) == m)
        chatd_int_map_set(&m->room->names, hash_of(m->key), NULL);
    chatd_int_map_free(&m->rights);
    free(m->key);
    free(m->name);
    free(m);
}

/* What is known of an account that was away may be old. */
static chatd_member_t *come_back(chatd_member_t *m, const chat_identity_t *identity)
{
    chatd_room_t *room = m->room;
    if (m->user_count)
        return m;
    chatd_member_free(m);
    return make_member(room, identity);
}

int chatd_room_enter(chatd_user_t *user, const chat_identity_t *identity,
                     const chat_channels_t *channels, apr_int64_t last)
{
    chatd_room_t *room = chatd_room_find(user->site, identity->room);
    chatd_member_t *known, *m;
    if (!room)
        room = make_room(user->site, identity->room, last);
    known = chatd_int_map_get(&room->members, identity->id);
    m = known ? come_back(known, identity) : make_member(room, identity);
    room->users++;
    room->emergency = identity->emergency != 0;
    room->extended += (user->variant & CHATD_EXTENDED) != 0;
    user->member = m;
    m->user_count++;
    rt_list_append(&m->users, &user->in_member);
    for (int i = 0; i < channels->n; i++) {
        const chat_channel_t *c = &channels->list[i];
        chatd_member_set_right(m, chatd_channel_make(room, c), c->permissions);
    }
    return !known;
}

/* None is left who could be told. What stood behind one may have moved to its place. */
static void free_members(chatd_room_t *room)
{
    chatd_member_t *m;
    for (size_t i = 0; (m = chatd_int_map_next(&room->members, &i, NULL)); i--)
        chatd_member_free(m);
}

void chatd_room_sweep(chatd_room_t *room)
{
    if (!room->users && !room->members.used)
        free_room(room);
}

void chatd_rooms_free(chatd_site_t *site)
{
    chatd_room_t *room;
    for (size_t i = 0; (room = chatd_int_map_next(&site->rooms, &i, NULL)); i--) {
        free_members(room);
        free_room(room);
    }
    chatd_int_map_free(&site->rooms);
}

void chatd_room_leave(chatd_user_t *user, void (*gone)(rt_timer *timer))
{
    chatd_member_t *m = user->member;
    chatd_room_t *room;
    if (!m)
        return;
    room = m->room;
    user->member = NULL;
    rt_list_remove(&user->in_member);
    room->extended -= (user->variant & CHATD_EXTENDED) != 0;
    if (!--m->user_count && (room->extended || chatd_nodes_others(room->site)) &&
        !m->hidden) {
        m->away.fire = gone;
        rt_timer_set(room->site->daemon->loop, &m->away, CHAT_PRESENCE_SECONDS * 1000);
    }
    else if (!m->user_count) {
        chatd_member_free(m);
    }
    if (!--room->users && !chatd_nodes_others(room->site))
        free_members(room);
    chatd_room_sweep(room);
}
