/* SPDX-License-Identifier: Apache-2.0 */
/* Who is online and who is typing: told to extended sockets, kept nowhere. */
#include "base/bounds.h"
#include "base/name.h"
#include "chatd/chatd.h"
#include "core/policy.h"

#include <string.h>

/* One frame for each socket of M that asked for such events. */
static void send_one(const chatd_member_t *m, rt_message *frame)
{
    for (rt_list *l = m->users.next; l != &m->users; l = l->next) {
        chatd_user_t *user = rt_container(l, chatd_user_t, in_member);
        if (user->variant & CHATD_EXTENDED)
            rt_socket_send(user->socket, frame);
    }
}

/* How many sockets MEMBERS have. Too many are a crowd: its news are noise, and each costs
 * as many frames. */
static unsigned count_sockets(const chatd_int_map_t *members)
{
    const chatd_member_t *m;
    unsigned n = 0;
    size_t i = 0;
    if (members->used > CHAT_PRESENCE_MEMBERS)
        return CHAT_PRESENCE_FRAMES + 1;
    while ((m = chatd_int_map_next(members, &i, NULL)))
        n += m->user_count;
    return n;
}

/* To each of MEMBERS that was not reached in this ROUND and reads CHANNEL; 0: all do. */
static void send_all(const chatd_int_map_t *members, chatd_member_t *from,
                     const chatd_channel_t *ch, rt_message *frame)
{
    chatd_member_t *m;
    size_t i = 0;
    while ((m = chatd_int_map_next(members, &i, NULL))) {
        if (m == from || m->round == from->round ||
            (ch && !chatd_member_reads(m, ch->id, ch->public)))
            continue;
        m->round = from->round;
        send_one(m, frame);
    }
}

static rt_message *frame_of(const chatd_room_t *room, const char *json)
{
    return rt_space_event_raw(room->site->space, json);
}

void chatd_presence_changed(chatd_member_t *m, int online)
{
    chatd_room_t *room = m->room;
    rt_message *frame;
    int64_t id;
    size_t i = 0;
    if (!room->extended || m->hidden)
        return;
    frame = frame_of(room,
                     chatd_render_presence(m->name, online, room->site->daemon->scratch));
    m->round = ++room->round;
    while (chatd_int_map_next(&m->rights, &i, &id)) {
        const chatd_channel_t *ch = chatd_channel_find(room, id);
        if (ch && chatd_int_map_get(&ch->readers, m->id) &&
            count_sockets(&ch->readers) <= CHAT_PRESENCE_FRAMES)
            send_all(&ch->readers, m, NULL, frame);
    }
    rt_message_unref(frame);
}

void chatd_enter(chatd_user_t *user, const chat_identity_t *identity,
                 const chat_channels_t *channels, apr_int64_t last)
{
    if (chatd_room_enter(user, identity, channels, last))
        chatd_presence_changed(user->member, 1);
}

static void gone(rt_timer *timer)
{
    chatd_member_t *m = rt_container(timer, chatd_member_t, away);
    chatd_presence_changed(m, 0);
    apr_pool_clear(m->room->site->daemon->scratch);
    chatd_member_free(m);
}

void chatd_leave(chatd_user_t *user)
{
    chatd_room_leave(user, gone);
}

static const chatd_channel_t *find_channel(const chatd_room_t *room, const char *key)
{
    const chatd_channel_t *ch;
    size_t i = 0;
    while ((ch = chatd_int_map_next(&room->channels, &i, NULL))) {
        if (!strcmp(ch->key, key))
            return ch;
    }
    return NULL;
}

/* What is more in one second is dropped: it is shown for seconds and comes again. */
static int may_cost(chatd_room_t *room, unsigned frames)
{
    uint64_t now = rt_loop_now(room->site->daemon->loop);
    if (now - room->typing >= 1000) {
        room->typing = now;
        room->typing_frames = 0;
    }
    if (frames > CHAT_PRESENCE_FRAMES - room->typing_frames)
        return 0;
    room->typing_frames += frames;
    return 1;
}

static void type_to_channel(chatd_member_t *from, const char *name, const char *key)
{
    chatd_room_t *room = from->room;
    const chatd_channel_t *ch = find_channel(room, key);
    const chatd_int_map_t *to;
    rt_message *frame;
    if (!ch || !chatd_member_writes(from, ch->id, ch->public) ||
        chatd_member_silent(from, ch->id))
        return;
    to = ch->public ? &room->members : &ch->readers;
    if (!may_cost(room, count_sockets(to)))
        return;
    frame = frame_of(room, chatd_render_typing(from->name, "channel", name,
                                               room->site->daemon->scratch));
    from->round = ++room->round;
    send_all(to, from, ch, frame);
    rt_message_unref(frame);
}

static void type_to_member(const chatd_member_t *from, const char *key)
{
    const chatd_room_t *room = from->room;
    apr_pool_t *pool = room->site->daemon->scratch;
    const chatd_member_t *m = chatd_member_named(room, key);
    rt_message *frame;
    if (!m || m == from || chatd_member_silent(from, 0))
        return;
    frame = frame_of(room, chatd_render_typing(from->name, "username", m->name, pool));
    send_one(m, frame);
    rt_message_unref(frame);
}

void chatd_typing(chatd_user_t *user, const char *channel, const char *username)
{
    chatd_member_t *from = user->member;
    apr_pool_t *pool = user->site->daemon->scratch;
    uint64_t now = rt_loop_now(user->site->daemon->loop);
    const char *name = channel ? channel : username;
    if (!from || from->hidden || !from->room->extended || !name ||
        strlen(name) > CHAT_NAME_BYTES ||
        (user->typed && now - user->typed < CHAT_TYPING_SECONDS * 1000))
        return;
    user->typed = now;
    if (channel)
        type_to_channel(from, name, chat_name_fold(name, pool));
    else
        type_to_member(from, chat_name_fold(name, pool));
}
