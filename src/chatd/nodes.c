/* SPDX-License-Identifier: Apache-2.0 */
/* The other daemons on a database, and the accounts that have sockets there. */
#include "chatd/nodes.h"

#include "chatd/notices.h"
#include "store/notice.h"

#include <apr_strings.h>
#include <stdlib.h>
#include <string.h>

/* The longest three numbers of a member, with what separates them. */
#define MEMBER_BYTES 64

/* --- saying --- */

static void say(const chatd_site_t *site, chatd_notice_kind_t kind, const char *fields)
{
    char text[CHAT_NOTICE_MAX + 1];
    int len = chatd_notices_prefix(site, text, kind);
    if (len + strlen(fields) > CHAT_NOTICE_MAX)
        return;
    apr_cpystrn(text + len, fields, sizeof(text) - (size_t)len);
    chatd_notices_say(site, text);
}

static void say_members(const chatd_site_t *site, const chatd_room_t *room)
{
    char text[CHAT_NOTICE_MAX];
    const chatd_member_t *m;
    size_t i = 0, len = 0;
    while ((m = chatd_int_map_next(&room->members, &i, NULL))) {
        len += (size_t)apr_snprintf(text + len, MEMBER_BYTES,
                                    "\n%" APR_INT64_T_FMT "\n%" APR_INT64_T_FMT "\n%u",
                                    room->id, m->id, m->user_count);
        if (len < sizeof(text) - 2 * MEMBER_BYTES)
            continue;
        say(site, CHATD_NOTICE_MEMBERS, text);
        len = 0;
    }
    if (len)
        say(site, CHATD_NOTICE_MEMBERS, text);
}

void chatd_nodes_here(chatd_site_t *site, int who)
{
    const rt_eio_stats none = {.sessions = 0};
    const rt_eio_stats *stats = site->sio ? rt_sio_counts(site->sio) : &none;
    const chatd_room_t *room;
    size_t i = 0;
    site->said = rt_loop_now(site->daemon->loop);
    say(site, CHATD_NOTICE_HERE,
        apr_psprintf(site->daemon->scratch, "\n%u\n%u\n%u\n%d", (unsigned)stats->sessions,
                     (unsigned)stats->websockets, (unsigned)stats->strangers, who));
    while (site->nodes.used && (room = chatd_int_map_next(&site->rooms, &i, NULL)))
        say_members(site, room);
}

void chatd_nodes_member(const chatd_from_t *from, unsigned sockets,
                        chatd_far_change_t change, const char *channels)
{
    const chatd_site_t *site = from->room->site;
    if (site->nodes.used)
        say(site, CHATD_NOTICE_MEMBER,
            apr_psprintf(site->daemon->scratch,
                         "\n%" APR_INT64_T_FMT "\n%" APR_INT64_T_FMT "\n%u\n%d\n%s\n%s",
                         from->room->id, (apr_int64_t)from->id, sockets, (int)change,
                         channels, from->name));
}

void chatd_nodes_typing(const chatd_from_t *from, const char *key, const char *name)
{
    const chatd_site_t *site = from->room->site;
    if (site->nodes.used)
        say(site, CHATD_NOTICE_TYPING,
            apr_psprintf(site->daemon->scratch,
                         "\n%" APR_INT64_T_FMT "\n%" APR_INT64_T_FMT "\n%s\n%s\n%s",
                         from->room->id, (apr_int64_t)from->id, key, name, from->name));
}

int chatd_nodes_own(const chatd_site_t *site, int64_t node)
{
    const chatd_t *d = site->daemon;
    return node >= d->node && node < d->node + (int64_t)d->site_count;
}

int chatd_nodes_others(const chatd_site_t *site)
{
    int64_t node;
    size_t i = 0;
    while (chatd_int_map_next(&site->nodes, &i, &node)) {
        if (!chatd_nodes_own(site, node))
            return 1;
    }
    return 0;
}

void chatd_nodes_news(const chatd_site_t *site, apr_int64_t room)
{
    if (chatd_nodes_others(site))
        chatd_notices_news(site, room);
}

/* --- what is known --- */

int chatd_nodes_present(const chatd_site_t *site, int64_t account)
{
    const chatd_node_t *node;
    size_t i = 0;
    while ((node = chatd_int_map_next(&site->nodes, &i, NULL))) {
        if (chatd_int_map_get(&node->members, account))
            return 1;
    }
    return 0;
}

int64_t chatd_nodes_sockets(const chatd_site_t *site, int64_t account)
{
    const chatd_node_t *node;
    int64_t sum = 0;
    size_t i = 0;
    while ((node = chatd_int_map_next(&site->nodes, &i, NULL))) {
        const chatd_far_t *far = chatd_int_map_get(&node->members, account);
        sum += far ? far->sockets : 0;
    }
    return sum;
}

int64_t chatd_nodes_room(const chatd_site_t *site, apr_int64_t room)
{
    const chatd_node_t *node;
    int64_t sum = 0;
    size_t i = 0;
    while ((node = chatd_int_map_next(&site->nodes, &i, NULL))) {
        const chatd_far_t *far;
        size_t j = 0;
        while ((far = chatd_int_map_next(&node->members, &j, NULL)))
            sum += far->room == room ? far->sockets : 0;
    }
    return sum;
}

void chatd_nodes_count(int64_t counts[CHATD_COUNTS], const chatd_site_t *site)
{
    const chatd_node_t *node;
    size_t i = 0;
    while ((node = chatd_int_map_next(&site->nodes, &i, NULL))) {
        for (int k = 0; k < CHATD_COUNTS; k++)
            counts[k] += node->counts[k];
    }
}

/* --- keeping it --- */

chatd_far_t *chatd_node_note(chatd_node_t *node, const chatd_site_t *site,
                             apr_int64_t account)
{
    chatd_far_t *far = chatd_int_map_get(&node->members, account);
    if (!far) {
        far = rt_alloc(sizeof(*far));
        chatd_int_map_set(&node->members, account, far);
    }
    far->seen = rt_loop_now(site->daemon->loop);
    return far;
}

void chatd_node_forget(chatd_node_t *node, int64_t account)
{
    chatd_far_t *far = chatd_int_map_get(&node->members, account);
    if (!far)
        return;
    chatd_int_map_set(&node->members, account, NULL);
    free(far->name);
    free(far->channels);
    free(far);
}

void chatd_nodes_free(chatd_site_t *site)
{
    chatd_node_t *node;
    size_t i = 0;
    while ((node = chatd_int_map_next(&site->nodes, &i, NULL))) {
        int64_t account;
        for (size_t j = 0; chatd_int_map_next(&node->members, &j, &account); j--)
            chatd_node_forget(node, account);
        chatd_int_map_free(&node->members);
        free(node);
    }
    chatd_int_map_free(&site->nodes);
}
