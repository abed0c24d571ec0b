/* SPDX-License-Identifier: Apache-2.0
 * nodes.h - the other daemons on a PostgreSQL database, and what they tell each other:
 * which chatrooms have news, who is online, who is typing.
 *
 * Nothing here is relied on: news are looked for from time to time as well, and what a
 * node says of its clients is forgotten when it says no more. On SQLite, and while there
 * is no other node, nothing is said but that this one is there.
 */
#ifndef CHAT_CHATD_NODES_H
#define CHAT_CHATD_NODES_H

#include "chatd/chatd.h"

#define CHATD_COUNTS 3

/* What is said of an account besides the number of its sockets. */
typedef enum chatd_far_change_t {
    CHATD_COUNT, /* nothing */
    CHATD_CAME,
    CHATD_LEFT,  /* a while after its last socket closed there */
    CHATD_SHOWN, /* no longer invisible */
    CHATD_HIDDEN
} chatd_far_change_t;

/* An account that is present there: with sockets, or a moment ago. */
typedef struct chatd_far_t {
    apr_int64_t room;
    int64_t sockets;
    uint64_t seen;         /* ms: when that was said */
    char *name, *channels; /* while it is shown as online; or NULL */
} chatd_far_t;

/* Another daemon, for one of its sites. */
typedef struct chatd_node_t {
    uint64_t seen;                /* ms: when it last said that it is there */
    int64_t counts[CHATD_COUNTS]; /* sessions, WebSockets, strangers */
    chatd_int_map_t members;      /* by account: chatd_far_t */
} chatd_node_t;

/* Said of SITE here: that it is there; WHO: the others shall say so, too. */
void chatd_nodes_here(chatd_site_t *site, int who);
void chatd_nodes_news(const chatd_site_t *site, apr_int64_t room);
/* FROM has SOCKETS now, and CHANGE is for readers of CHANNELS (as for
 * chatd_presence_show). */
void chatd_nodes_member(const chatd_from_t *from, unsigned sockets,
                        chatd_far_change_t change, const char *channels);
void chatd_nodes_typing(const chatd_from_t *from, const char *key, const char *name);

/* What the others have: sockets of an account, of a chatroom; adds their counts. */
int chatd_nodes_present(const chatd_site_t *site, int64_t account);
int64_t chatd_nodes_sockets(const chatd_site_t *site, int64_t account);
int64_t chatd_nodes_room(const chatd_site_t *site, apr_int64_t room);
void chatd_nodes_count(int64_t counts[CHATD_COUNTS], const chatd_site_t *site);

/* Whether NODE is a site of this process: what is written wakes them all. */
int chatd_nodes_own(const chatd_site_t *site, int64_t node);
/* Whether there is one that is not. */
int chatd_nodes_others(const chatd_site_t *site);
chatd_far_t *chatd_node_note(chatd_node_t *node, const chatd_site_t *site,
                             apr_int64_t account);
void chatd_node_forget(chatd_node_t *node, int64_t account);
void chatd_nodes_free(chatd_site_t *site);

#endif
