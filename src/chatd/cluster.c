/* SPDX-License-Identifier: Apache-2.0 */
/* What other machines say, and what follows from their silence. */
#include "chatd/cluster.h"

#include "base/text.h"
#include "chatd/nodes.h"
#include "chatd/notices.h"
#include "store/notice.h"

#include <apr_strings.h>
#include <stdlib.h>
#include <string.h>

/* Each says this often that it is there, and is forgotten after so many times. */
#define HERE_MS 5000
#define GONE_MS (3 * HERE_MS)
#define BEAT_MS 1000

static void keep(char **place, const char *text)
{
    free(*place);
    *place = text ? rt_strndup(text, strlen(text)) : NULL;
}

/* Whether the account of FROM is present, on whatever machine. */
static int is_present(const chatd_site_t *site, const chatd_from_t *from)
{
    return chatd_nodes_present(site, from->id) ||
           (from->room && chatd_int_map_get(&from->room->members, from->id));
}

/* FROM left a node, or the node is gone. */
static void lose(chatd_site_t *site, chatd_node_t *node, const chatd_from_t *from,
                 const char *channels)
{
    chatd_node_forget(node, from->id);
    if (from->room && !is_present(site, from))
        chatd_presence_show(from, 0, channels);
}

static void expire_one(chatd_site_t *site, chatd_node_t *node, int64_t account)
{
    const chatd_far_t *far = chatd_int_map_get(&node->members, account);
    apr_pool_t *pool = site->daemon->scratch;
    const chatd_from_t from = {far->name ? chatd_room_find(site, far->room) : NULL,
                               account, apr_pstrdup(pool, far->name)};
    lose(site, node, &from, far->channels ? apr_pstrdup(pool, far->channels) : "");
}

static void expire_members(chatd_site_t *site, chatd_node_t *node, uint64_t before)
{
    const chatd_far_t *far;
    int64_t account;
    size_t i = 0;
    while ((far = chatd_int_map_next(&node->members, &i, &account))) {
        if (far->seen >= before)
            continue;
        expire_one(site, node, account);
        i--; /* what stood behind it may have moved to its place */
    }
}

static void expire(chatd_site_t *site, uint64_t before)
{
    chatd_node_t *node;
    int64_t key;
    size_t i = 0;
    while ((node = chatd_int_map_next(&site->nodes, &i, &key))) {
        if (node->seen >= before) {
            expire_members(site, node, before);
            continue;
        }
        expire_members(site, node, UINT64_MAX);
        chatd_int_map_set(&site->nodes, key, NULL);
        chatd_int_map_free(&node->members);
        free(node);
        i = 0;
    }
}

static void beat(rt_timer *timer)
{
    chatd_site_t *site = rt_container(timer, chatd_site_t, beat);
    uint64_t now = rt_loop_now(site->daemon->loop);
    if (chatd_site_ready(site) && (!site->said || now - site->said >= HERE_MS))
        chatd_nodes_here(site, !site->said);
    if (now > GONE_MS)
        expire(site, now - GONE_MS);
    apr_pool_clear(site->daemon->scratch);
    rt_timer_set(site->daemon->loop, timer, BEAT_MS);
}

/* --- hearing --- */

/* One text, for one of the sites of its database. */
typedef struct heard_t {
    chatd_site_t *site;
    chatd_node_t *node;
    char *rest; /* behind what was read */
} heard_t;

static const char *field(heard_t *h)
{
    char *at = h->rest, *end = at ? strchr(at, '\n') : NULL;
    if (end)
        *end++ = '\0';
    h->rest = end;
    return at ? at : "";
}

static int64_t number(heard_t *h)
{
    apr_int64_t n = 0;
    return chat_text_int64(&n, field(h)) ? n : 0;
}

static void hear_here(heard_t *h)
{
    for (int k = 0; k < CHATD_COUNTS; k++)
        h->node->counts[k] = number(h);
    if (number(h) || !h->node->seen)
        chatd_nodes_here(h->site, 0);
    h->node->seen = rt_loop_now(h->site->daemon->loop);
}

/* ACCOUNT with SOCKETS in ROOM. */
static chatd_far_t *note(heard_t *h, apr_int64_t room, int64_t account, int64_t sockets)
{
    chatd_far_t *far = chatd_node_note(h->node, h->site, account);
    far->room = room;
    far->sockets = sockets;
    return far;
}

static void hear_members(heard_t *h)
{
    while (h->rest) {
        int64_t room = number(h), account = number(h), sockets = number(h);
        if (account > 0)
            note(h, room, account, sockets);
    }
}

static void hear_member(heard_t *h)
{
    int64_t room = number(h), account = number(h), sockets = number(h);
    int64_t change = number(h);
    const char *channels = field(h);
    const chatd_from_t from = {room > 0 ? chatd_room_find(h->site, room) : NULL, account,
                               field(h)};
    chatd_far_t *far;
    int before;
    if (account <= 0)
        return;
    if (change == CHATD_LEFT) {
        lose(h->site, h->node, &from, channels);
        return;
    }
    before = is_present(h->site, &from);
    far = note(h, room, account, sockets);
    if (change == CHATD_COUNT)
        return;
    keep(&far->name, change == CHATD_HIDDEN ? NULL : from.name);
    keep(&far->channels, channels);
    if (from.room && (change != CHATD_CAME || !before))
        chatd_presence_show(&from, change != CHATD_HIDDEN, channels);
}

static void hear_typing(heard_t *h)
{
    int64_t room = number(h), account = number(h);
    const char *key = field(h), *name;
    chatd_from_t from = {room > 0 ? chatd_room_find(h->site, room) : NULL, account, NULL};
    name = field(h);
    from.name = field(h);
    if (from.room)
        chatd_typing_show(&from, key, name);
}

static void hear_news(heard_t *h)
{
    while (h->rest)
        chatd_site_news(h->site, number(h));
}

static void hear(chatd_site_t *site, int64_t from, const char *fields, char kind)
{
    static const struct {
        char kind;
        void (*hear)(heard_t *h);
    } kinds[] = {{CHATD_NOTICE_HERE, hear_here},
                 {CHATD_NOTICE_MEMBERS, hear_members},
                 {CHATD_NOTICE_NEWS, hear_news},
                 {CHATD_NOTICE_MEMBER, hear_member},
                 {CHATD_NOTICE_TYPING, hear_typing}};
    heard_t h = {site, chatd_int_map_get(&site->nodes, from),
                 apr_pstrdup(site->daemon->scratch, fields)};
    if (from == site->daemon->node + (int64_t)site->number ||
        (!h.node && kind != CHATD_NOTICE_HERE) ||
        (kind == CHATD_NOTICE_NEWS && chatd_nodes_own(site, from)))
        return;
    if (!h.node) {
        h.node = rt_alloc(sizeof(*h.node));
        chatd_int_map_set(&site->nodes, from, h.node);
    }
    for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
        if (kinds[i].kind == kind)
            kinds[i].hear(&h);
    }
}

static void hear_text(chatd_site_t *site, const char *text)
{
    char mine[CHAT_NOTICE_MAX];
    heard_t h = {.rest = apr_pstrdup(site->daemon->scratch, text)};
    const char *tag = field(&h), *kind;
    int64_t from = number(&h);
    chatd_site_t *other;
    if (!chatd_site_ready(site))
        return;
    chatd_notices_prefix(site, mine, CHATD_NOTICE_HERE);
    kind = field(&h);
    if (strncmp(mine, tag, strlen(tag)) != 0 || mine[strlen(tag)] != '\n' || from <= 0)
        return;
    for (unsigned i = 0; (other = chatd_site_sharing(site, &i));) {
        if (chatd_site_ready(other))
            hear(other, from, h.rest ? h.rest : "", *kind);
    }
}

void chatd_cluster_begin(chatd_site_t *site)
{
    if (site->database.file)
        return;
    chatd_notices_create(site, hear_text);
    site->beat.fire = beat;
    rt_timer_set(site->daemon->loop, &site->beat, 1);
}

void chatd_cluster_end(chatd_site_t *site)
{
    rt_timer_clear(&site->beat);
    chatd_notices_destroy(site);
    chatd_nodes_free(site);
}
