/* SPDX-License-Identifier: Apache-2.0 */
/* Who listens where: chatrooms, members, their rights, the groups that frames go to. */
#include "chatd/chatd.h"

#include <apr_strings.h>
#include <stdlib.h>
#include <string.h>

static void make_groups(rt_group **groups)
{
    for (int v = 0; v < CHATD_VARIANTS; v++)
        groups[v] = rt_group_create();
}

static void free_groups(rt_group **groups)
{
    for (int v = 0; v < CHATD_VARIANTS; v++)
        rt_group_destroy(groups[v]);
}

chatd_room_t *chatd_room_get(chatd_site_t *site, apr_int64_t id)
{
    return chatd_int_map_get(&site->rooms, id);
}

static chatd_room_t *make_room(chatd_site_t *site, apr_int64_t id, apr_int64_t last)
{
    chatd_room_t *room = rt_alloc(sizeof(*room));
    room->site = site;
    room->id = id;
    room->last = last;
    make_groups(room->everyone);
    chatd_int_map_set(&site->rooms, id, room);
    return room;
}

static void free_channel(chatd_channel_t *ch)
{
    if (!ch->public)
        free_groups(ch->readers);
    free(ch);
}

static void free_room(chatd_room_t *room)
{
    chatd_channel_t *ch;
    size_t i = 0;
    chatd_int_map_set(&room->site->rooms, room->id, NULL);
    while ((ch = chatd_int_map_next(&room->channels, &i)))
        free_channel(ch);
    chatd_int_map_free(&room->channels);
    chatd_int_map_free(&room->members);
    free_groups(room->everyone);
    free(room);
}

chatd_channel_t *chatd_room_channel(chatd_room_t *room, apr_int64_t id, int public)
{
    chatd_channel_t *ch = chatd_int_map_get(&room->channels, id);
    if (ch)
        return ch;
    ch = rt_alloc(sizeof(*ch));
    ch->id = id;
    ch->public = public;
    if (!public)
        make_groups(ch->readers);
    chatd_int_map_set(&room->channels, id, ch);
    return ch;
}

void chatd_room_drop_channel(chatd_room_t *room, apr_int64_t id)
{
    chatd_channel_t *ch = chatd_int_map_get(&room->channels, id);
    if (!ch)
        return;
    chatd_int_map_set(&room->channels, id, NULL);
    free_channel(ch);
}

static chatd_right_t *right_of(const chatd_member_t *m, apr_int64_t channel)
{
    for (unsigned i = 0; i < m->right_count; i++) {
        if (m->rights[i].channel == channel)
            return &m->rights[i];
    }
    return NULL;
}

int chatd_member_reads(const chatd_member_t *m, const chatd_channel_t *ch)
{
    const chatd_right_t *right = right_of(m, ch->id);
    return right ? (right->permissions & CHAT_READ) != 0 : ch->public;
}

static void join_readers(chatd_user_t *user, chatd_channel_t *ch, int reads)
{
    if (ch->public)
        return;
    if (reads)
        rt_group_join(ch->readers[user->variant], user->socket);
    else
        rt_group_leave(ch->readers[user->variant], user->socket);
}

void chatd_member_set_right(chatd_member_t *m, chatd_channel_t *ch, int permissions)
{
    chatd_right_t *right = right_of(m, ch->id);
    int before = chatd_member_reads(m, ch), after;
    if (permissions < 0 && right) {
        *right = m->rights[--m->right_count];
    }
    else if (permissions >= 0 && !right) {
        m->rights = rt_resize(m->rights, (m->right_count + 1) * sizeof(*m->rights));
        right = &m->rights[m->right_count++];
        right->channel = ch->id;
        right->permissions = permissions;
    }
    else if (permissions >= 0) {
        right->permissions = permissions;
    }
    after = chatd_member_reads(m, ch);
    if (ch->public)
        ch->blind += before - after;
    for (rt_list *l = m->users.next; l != &m->users; l = l->next)
        join_readers(rt_container(l, chatd_user_t, in_member), ch, after);
}

static chatd_member_t *make_member(chatd_room_t *room, const chat_identity_t *identity)
{
    chatd_member_t *m = rt_alloc(sizeof(*m));
    m->id = identity->id;
    m->name = rt_strndup(identity->name, strlen(identity->name));
    m->room = room;
    rt_list_init(&m->users);
    chatd_int_map_set(&room->members, m->id, m);
    return m;
}

static void free_member(chatd_member_t *m)
{
    for (unsigned i = 0; i < m->right_count; i++) {
        chatd_channel_t *ch = chatd_int_map_get(&m->room->channels, m->rights[i].channel);
        if (ch && ch->public && !chatd_member_reads(m, ch))
            ch->blind--;
    }
    chatd_int_map_set(&m->room->members, m->id, NULL);
    free(m->rights);
    free(m->name);
    free(m);
}

void chatd_room_enter(chatd_user_t *user, const chat_identity_t *identity,
                      const chat_channels_t *channels, apr_int64_t last)
{
    chatd_room_t *room = chatd_room_get(user->site, identity->room);
    chatd_member_t *m;
    if (!room)
        room = make_room(user->site, identity->room, last);
    m = chatd_int_map_get(&room->members, identity->id);
    if (!m)
        m = make_member(room, identity);
    room->users++;
    user->member = m;
    rt_list_append(&m->users, &user->in_member);
    rt_group_join(room->everyone[user->variant], user->socket);
    for (int i = 0; i < channels->n; i++) {
        const chat_channel_t *c = &channels->list[i];
        chatd_member_set_right(m, chatd_room_channel(room, c->id, c->public),
                               c->permissions);
    }
}

void chatd_room_leave(chatd_user_t *user)
{
    chatd_member_t *m = user->member;
    chatd_room_t *room;
    if (!m)
        return;
    room = m->room;
    user->member = NULL;
    rt_list_remove(&user->in_member);
    rt_group_leave(room->everyone[user->variant], user->socket);
    for (unsigned i = 0; i < m->right_count; i++) {
        chatd_channel_t *ch = chatd_int_map_get(&room->channels, m->rights[i].channel);
        if (ch)
            join_readers(user, ch, 0);
    }
    if (rt_list_empty(&m->users))
        free_member(m);
    if (!--room->users)
        free_room(room);
}
