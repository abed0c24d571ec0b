/* SPDX-License-Identifier: Apache-2.0 */
/* Who is online and who is typing: told to extended sockets, kept nowhere. */
#include "base/bounds.h"
#include "base/name.h"
#include "chatd/nodes.h"
#include "core/policy.h"

#include <apr_strings.h>
#include <stdlib.h>
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

/* To each of MEMBERS that was not reached in this round and reads CHANNEL; NULL: all do.
 */
static void send_all(const chatd_int_map_t *members, const chatd_from_t *from,
                     const chatd_channel_t *ch, rt_message *frame)
{
    chatd_member_t *m;
    size_t i = 0;
    while ((m = chatd_int_map_next(members, &i, NULL))) {
        if (m->id == from->id || m->round == from->room->round ||
            (ch && !chatd_member_reads(m, ch->id, ch->public)))
            continue;
        m->round = from->room->round;
        send_one(m, frame);
    }
}

static rt_message *frame_of(const chatd_room_t *room, const char *json)
{
    return rt_space_event_raw(room->site->space, json);
}

void chatd_presence_show(const chatd_from_t *from, int online, const char *channels)
{
    chatd_room_t *room = from->room;
    rt_message *frame;
    if (!room->extended)
        return;
    frame = frame_of(
        room, chatd_render_presence(from->name, online, room->site->daemon->scratch));
    ++room->round;
    for (const char *at = channels; *at; at += *at == ',') {
        char *end;
        int64_t id = strtoll(at, &end, 10);
        const chatd_channel_t *ch = id > 0 ? chatd_channel_find(room, id) : NULL;
        if (end == at)
            break;
        at = end;
        if (ch && count_sockets(&ch->readers) <= CHAT_PRESENCE_FRAMES)
            send_all(&ch->readers, from, NULL, frame);
    }
    rt_message_unref(frame);
}

/* The channels in which M has rights of its own, and reads. */
static const char *channels_of(const chatd_member_t *m, apr_pool_t *pool)
{
    apr_array_header_t *ids = apr_array_make(pool, 16, sizeof(const char *));
    int64_t id;
    size_t i = 0;
    while (chatd_int_map_next(&m->rights, &i, &id)) {
        const chatd_channel_t *ch = chatd_channel_find(m->room, id);
        if (ch && chatd_int_map_get(&ch->readers, m->id))
            APR_ARRAY_PUSH(ids, const char *) =
                apr_psprintf(pool, "%" APR_INT64_T_FMT, (apr_int64_t)id);
    }
    return apr_array_pstrcat(pool, ids, ',');
}

void chatd_presence_changed(chatd_member_t *m, int online)
{
    const chatd_from_t from = {m->room, m->id, m->name};
    const char *channels = channels_of(m, m->room->site->daemon->scratch);
    if (m->hidden)
        return;
    chatd_presence_show(&from, online, channels);
    chatd_nodes_member(&from, m->user_count, online ? CHATD_SHOWN : CHATD_HIDDEN,
                       channels);
}

/* An account that is present elsewhere was online before, and is still. Each machine
 * judges that by itself. */
static void change(chatd_member_t *m, chatd_far_change_t what)
{
    const chatd_from_t from = {m->room, m->id, m->name};
    const chatd_site_t *site = m->room->site;
    const char *channels = "";
    if (!m->hidden && (m->room->extended || site->nodes.used))
        channels = channels_of(m, site->daemon->scratch);
    if (!m->hidden && !chatd_nodes_present(site, m->id))
        chatd_presence_show(&from, what == CHATD_CAME, channels);
    chatd_nodes_member(&from, m->user_count, what, channels);
}

static void tell_count(const chatd_member_t *m, unsigned sockets)
{
    const chatd_from_t from = {m->room, m->id, m->name};
    chatd_nodes_member(&from, sockets, CHATD_COUNT, "");
}

void chatd_enter(chatd_user_t *user, const chat_identity_t *identity,
                 const chat_channels_t *channels, apr_int64_t last)
{
    if (chatd_room_enter(user, identity, channels, last))
        change(user->member, CHATD_CAME);
    else
        tell_count(user->member, user->member->user_count);
}

static void gone(rt_timer *timer)
{
    chatd_member_t *m = rt_container(timer, chatd_member_t, away);
    chatd_room_t *room = m->room;
    change(m, CHATD_LEFT);
    apr_pool_clear(room->site->daemon->scratch);
    chatd_member_free(m);
    chatd_room_sweep(room);
}

void chatd_leave(chatd_user_t *user)
{
    if (user->member)
        tell_count(user->member, user->member->user_count - 1);
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

static void type_to_channel(const chatd_from_t *from, const chatd_channel_t *ch,
                            const char *name)
{
    chatd_room_t *room = from->room;
    const chatd_int_map_t *to = ch->public ? &room->members : &ch->readers;
    rt_message *frame;
    if (!may_cost(room, count_sockets(to)))
        return;
    frame = frame_of(room, chatd_render_typing(from->name, "channel", name,
                                               room->site->daemon->scratch));
    ++room->round;
    send_all(to, from, ch, frame);
    rt_message_unref(frame);
}

static void type_to_member(const chatd_from_t *from, const char *key)
{
    const chatd_room_t *room = from->room;
    const chatd_member_t *m = chatd_member_named(room, key);
    rt_message *frame;
    if (!m || m->guest || m->id == from->id)
        return;
    frame = frame_of(room, chatd_render_typing(from->name, "username", m->name,
                                               room->site->daemon->scratch));
    send_one(m, frame);
    rt_message_unref(frame);
}

void chatd_typing_show(const chatd_from_t *from, const char *key, const char *name)
{
    const char *folded = chat_name_fold(name, from->room->site->daemon->scratch);
    const chatd_channel_t *ch;
    if (!from->room->extended)
        return;
    if (strcmp(key, "channel") != 0)
        type_to_member(from, folded);
    else if ((ch = find_channel(from->room, folded)))
        type_to_channel(from, ch, name);
}

/* Whether M may say something in the channel, or directly when NAME is NULL, which no
 * guest may. */
static int may_type(const chatd_member_t *m, const char *name)
{
    const chatd_channel_t *ch;
    if (!name)
        return !m->guest && !chatd_member_silent(m, 0);
    ch = find_channel(m->room, chat_name_fold(name, m->room->site->daemon->scratch));
    return ch && chatd_member_writes(m, ch->id, ch->public) &&
           !chatd_member_silent(m, ch->id);
}

void chatd_typing(chatd_user_t *user, const char *channel, const char *username)
{
    const chatd_member_t *m = user->member;
    uint64_t now = rt_loop_now(user->site->daemon->loop);
    const char *key = channel ? "channel" : "username";
    const char *name = channel ? channel : username;
    chatd_from_t from;
    if (!m || m->hidden || (!m->room->extended && !user->site->nodes.used) || !name ||
        strlen(name) > CHAT_NAME_BYTES || strchr(name, '\n') ||
        (user->typed && now - user->typed < CHAT_TYPING_SECONDS * 1000))
        return;
    user->typed = now;
    if (!may_type(m, channel))
        return;
    from = (chatd_from_t){m->room, m->id, m->name};
    chatd_typing_show(&from, key, name);
    chatd_nodes_typing(&from, key, name);
}
