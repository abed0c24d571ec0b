/* SPDX-License-Identifier: Apache-2.0
 * chatd.h - the daemon's own nouns: daemon, site, chatroom, member, user.
 *
 * One loop, one thread; others help it to write (rt/workers.h) and to deliver
 * (outbox/worker.h). A chatroom exists here while it has listeners. Everything is
 * malloc'ed and freed by its owner; text for one event lives in the daemon's scratch
 * pool.
 */
#ifndef CHAT_CHATD_CHATD_H
#define CHAT_CHATD_CHATD_H

#include "chatd/int_map.h"
#include "chatd/resume_table.h"
#include "chatd/rt/conn.h"
#include "chatd/rt/listener.h"
#include "chatd/rt/sio.h"
#include "core/auth.h"
#include "core/limit.h"
#include "store/channel.h"
#include "store/message.h"
#include "wire/conf.h"

typedef struct chatd_t chatd_t;
typedef struct chatd_site_t chatd_site_t;
typedef struct chatd_room_t chatd_room_t;

/* What a client asked for in its CONNECT: a frame is built once per kind of listener. */
#define CHATD_IDS 1      /* ids in events, and the events that have no meaning without */
#define CHATD_RECOVER 2  /* an offset behind every event */
#define CHATD_EXTENDED 4 /* what is beyond the document; implies ids */
#define CHATD_VARIANTS 8

/* A channel in which a member of the room has rights of its own. */
typedef struct chatd_channel_t {
    apr_int64_t id;
    char *key; /* its name, folded */
    int public;
    unsigned blind; /* members here without the right to read it although it is public */
    chatd_int_map_t readers; /* with rights of their own: chatd_member_t */
} chatd_channel_t;

/* An account with at least one socket, or whose last one closed less than
 * CHAT_PRESENCE_SECONDS ago while others ask for presence. */
typedef struct chatd_member_t {
    apr_int64_t id;
    char *name;
    char *key; /* the name, folded */
    int guest;
    int hidden; /* is shown to no one as online */
    int muted;  /* somewhere, perhaps */
    chatd_room_t *room;
    unsigned round; /* the room's, when it was last reached by presence.c */
    rt_list users;
    unsigned user_count;
    rt_timer away;          /* since its last socket closed */
    chatd_int_map_t rights; /* by channel, where they differ from the channel's own */
} chatd_member_t;

/* One socket: before its login it has no member. */
typedef struct chatd_user_t {
    rt_list in_member;
    chatd_site_t *site;
    rt_socket *socket;
    chatd_member_t *member;
    int variant;
    apr_int64_t since; /* number of the last event before its login, which knew of it */
    char hash[CHAT_HASH_SIZE]; /* of its token */
    unsigned logins;           /* that were read since `window` began */
    uint64_t window;           /* ms */
    uint64_t typed;            /* ms: its last "typing" that counted; 0: none */
    unsigned marks;            /* of marks.c, under way: they have this pointer */
    char pid[CHATD_SID_SIZE];
} chatd_user_t;

struct chatd_room_t {
    chatd_site_t *site;
    apr_int64_t id;
    apr_int64_t last; /* number of the last event that was handed out */
    apr_int64_t head; /* of the last one in the log, when that was last looked at */
    apr_time_t fed;   /* when everything in the log was handed out, at last; 0: unknown */
    unsigned users, extended; /* all, and those that ask for presence */
    unsigned guests; /* members that are guests: they do not read all public channels */
    unsigned round;
    uint64_t typing;        /* ms: since when typing_frames counts */
    unsigned typing_frames; /* of typing, that were sent to channels */
    chatd_int_map_t channels, members;
    chatd_int_map_t names; /* members by a hash of their key: the last one of each */
    int told;              /* a hint came: feed at the end of the round */
    uint64_t rest; /* ms: more is in the log than was handed out at once, and it goes on
                      then; 0: no */
    int emergency;
};

struct chatd_site_t {
    chatd_t *daemon;
    unsigned number;
    const chat_wire_site_t *conf;
    chat_database_t database;
    apr_pool_t *pool;
    chat_site_t site;
    chat_settings_t settings;
    rt_sio *sio; /* NULL: no realtime there */
    rt_space *space;
    rt_endpoint counts; /* reports how many clients there are */
    chatd_int_map_t rooms;
    rt_timer poll;
    rt_defer feed;
    uint64_t looked;      /* ms: for files that were moved */
    apr_int64_t networks; /* version of the refused ones whose sockets were closed */
    int failing;          /* the database is unreachable: logged once */
    int unopened;         /* it could not be opened yet: logged once */
    int skewed;           /* another machine's clock is wrong: logged once */
    struct chatd_opening_t *opening;
    struct chatd_marks_t *marks; /* NULL: none was asked for yet */
    apr_pool_t *opened;          /* of the attempt that opened it */
    /* NULL: another site's worker delivers, or nothing can be delivered */
    struct chat_worker_t *outbox;
    struct chatd_notices_t *notices; /* NULL: another site's, or SQLite */
    chatd_int_map_t nodes;           /* other daemons on the database: nodes.h */
    rt_timer beat;                   /* cluster.c */
    uint64_t said;                   /* ms: that this one is there; 0: not yet */
};

struct chatd_t {
    apr_pool_t *pool;
    apr_pool_t *scratch; /* cleared at the end of each callback that used it */
    apr_pool_t *batch;   /* events that are being handed out; cleared behind each batch */
    const char *conf_file;
    chat_wire_conf_t conf;
    char *conf_text;        /* the file as it was read */
    chat_metrics_t metrics; /* the rows of chatd */
    chat_log_t log;
    rt_loop *loop;
    rt_server *server;
    rt_signal signals;
    rt_watch lifeline;
    rt_listener *listener;
    rt_endpoint away;    /* answers 503 for a site whose database is unreachable */
    rt_endpoint refused; /* answers 403 for a refused network */
    rt_endpoint script;  /* answers for the client's script, which is not served here */
    chatd_resume_table_t *resume;
    int unkept; /* the resume table's file is full: logged once */
    chat_limits_t *limits;
    int64_t node; /* this process among the daemons of a database: random */
    chatd_site_t **sites;
    unsigned site_count;
    struct chatd_intake_t *intake;
    unsigned tls_failures; /* see rt_tls_receive() */
    int exit_code;
};

/* site.c */
/* Opens the database of CONF. A failure is logged, and the site answers 503 and tries
 * again until it succeeds. */
chatd_site_t *chatd_site_create(chatd_t *d, unsigned number,
                                const chat_wire_site_t *conf);
static inline int chatd_site_ready(const chatd_site_t *site)
{
    return site->site.store != NULL;
}
/* Notes that a read returned RV; logs when the database stops answering, and when it
 * answers again. Whether it is unreachable. */
int chatd_site_away(chatd_site_t *site, apr_status_t rv);
void chatd_site_shutdown(chatd_site_t *site);
void chatd_site_destroy(chatd_site_t *site);
/* A call on the scratch pool, for rules. */
void chatd_site_call(chat_call_t *out, chatd_site_t *site);
/* The first of all sites from number *I on that has SITE's database, or NULL; *I moves
 * behind it. */
chatd_site_t *chatd_site_sharing(const chatd_site_t *site, unsigned *i);
/* Feeds ROOM (a number) soon, in every site of the same database; nothing when it has
 * no listeners. */
void chatd_site_hint(chatd_site_t *site, apr_int64_t room);
/* The same for SITE alone: another machine says so. */
void chatd_site_news(chatd_site_t *site, apr_int64_t room);

/* client_counts.c */
void chatd_counts_create(chatd_site_t *site);
/* Who answers REQUEST when it asks for the clients of a site and may do so; or NULL. */
rt_endpoint *chatd_counts_route(chatd_t *d, const rt_conn *conn,
                                const rt_http_request *request);

/* outbox.c */
/* Starts the worker of SITE's database unless another site has it. A kind of item is sent
 * as the first site of that database that can send it is configured. */
void chatd_outbox_create(chatd_site_t *site);
/* There may be something new in the database of SITE. */
void chatd_outbox_hint(chatd_site_t *site);
void chatd_outbox_destroy(chatd_site_t *site);

/* namespace.c: the namespace "/". */
extern const rt_space_ops chatd_chat_ops;

/* room.c */
chatd_room_t *chatd_room_find(const chatd_site_t *site, apr_int64_t id);
/* Makes USER a listener: IDENTITY with CHANNELS (visible to it) in the room of the
 * identity, which begins at LAST when it is new. Whether its account was not there. */
int chatd_room_enter(chatd_user_t *user, const chat_identity_t *identity,
                     const chat_channels_t *channels, apr_int64_t last);
/* Removes USER; the room is freed with its last user. While others ask for presence, the
 * account stays until another user of it enters or GONE, its timer's, frees it. */
void chatd_room_leave(chatd_user_t *user, void (*gone)(rt_timer *away));
void chatd_member_free(chatd_member_t *m);
/* Frees ROOM when it has neither users nor members. */
void chatd_room_sweep(chatd_room_t *room);
void chatd_rooms_free(chatd_site_t *site);
/* NULL when no member has rights of its own in it. */
chatd_channel_t *chatd_channel_find(const chatd_room_t *room, apr_int64_t id);
chatd_channel_t *chatd_channel_make(chatd_room_t *room, const chat_channel_t *c);
void chatd_channel_drop(chatd_room_t *room, apr_int64_t id);
/* The channel's name and visibility changed: the rights of members mean something else.
 */
void chatd_channel_change(chatd_room_t *room, const chat_channel_t *now);
int chatd_member_reads(const chatd_member_t *m, apr_int64_t channel, int public);
int chatd_member_writes(const chatd_member_t *m, apr_int64_t channel, int public);
/* PERMISSIONS -1: the channel's own apply. */
void chatd_member_set_right(chatd_member_t *m, chatd_channel_t *ch, int permissions);
/* The account whose name folds to KEY, or NULL. */
chatd_member_t *chatd_member_named(const chatd_room_t *room, const char *key);

/* presence.c */
/* USER enters or leaves its room; others hear of the first and the last
 * one of an account. */
void chatd_enter(chatd_user_t *user, const chat_identity_t *identity,
                 const chat_channels_t *channels, apr_int64_t last);
void chatd_leave(chatd_user_t *user);
/* M came or is about to go: to the extended sockets of those it shares a channel with, on
 * all machines. */
void chatd_presence_changed(chatd_member_t *m, int online);
/* USER types, into one of the two; the other is NULL. */
void chatd_typing(chatd_user_t *user, const char *channel, const char *username);

/* An account, with sockets here or on another machine. */
typedef struct chatd_from_t {
    chatd_room_t *room;
    int64_t id;
    const char *name;
} chatd_from_t;
/* To the sockets here alone. CHANNELS: ids with commas between. */
void chatd_presence_show(const chatd_from_t *from, int online, const char *channels);
/* KEY is "channel" or "username", NAME whose. */
void chatd_typing_show(const chatd_from_t *from, const char *key, const char *name);

/* marks.c */
/* USER marks a conversation as read: BODY is as of /markread/, and so is the answer that
 * EVENT gets when its client waits for one. */
void chatd_mark(chatd_user_t *user, const rt_event *event, const json_t *body);
/* USER's socket is closed: frees it, now or with its last mark. */
void chatd_user_free(chatd_user_t *user);
/* Takes no more; then waits for the thread and drops what it has not written. */
void chatd_marks_halt(chatd_site_t *site);
void chatd_marks_destroy(chatd_site_t *site);

/* moderation.c */
/* Whether the client of USER, or of a connection, is in a refused network. */
int chatd_user_refused(const chatd_user_t *user);
int chatd_address_refused(chatd_site_t *site, const char *address);
/* Looks at once whether networks were refused, and closes the sockets there. */
void chatd_networks_look(chatd_site_t *site);
/* USER has logged in: an extended one hears of the emergency there is. */
void chatd_emergency_tell(chatd_user_t *user);
/* Whether M may not say anything in CHANNEL (0: directly), muted or in an emergency. */
int chatd_member_silent(const chatd_member_t *m, apr_int64_t channel);

/* feed.c */
/* Hands out what happened in ROOM since room->last. */
void chatd_room_feed(chatd_room_t *room);
/* What USER alone may see of the events above AFTER up to room->last, as JSON texts in
 * POOL. NULL: they are not all there any more, or too many to send again. */
apr_array_header_t *chatd_room_missed(chatd_user_t *user, apr_int64_t after,
                                      apr_pool_t *pool);

/* render.c: the JSON array of an event; NULL when listeners of VARIANT do not get it.
 * RECIPIENT: the name a direct message is shown with; NULL: all its recipients. */
const char *chatd_render(const chat_followed_t *f, int variant, const char *recipient,
                         apr_pool_t *pool);
/* The name that a channel had before CHAT_EVENT_CHANNEL_CHANGED. */
const char *chatd_channel_former(const chat_followed_t *f);
/* Whether CHAT_EVENT_EMERGENCY began one. */
int chatd_emergency_on(const chat_followed_t *f);
/* REASON may be NULL. */
const char *chatd_render_emergency(const char *reason, apr_pool_t *pool);
const char *chatd_render_channel(const char *event, const char *name, apr_int64_t id,
                                 const char *offset, apr_pool_t *pool);
const char *chatd_render_text(const char *event, const char *text, const char *offset,
                              apr_pool_t *pool);
const char *chatd_render_presence(const char *name, int online, apr_pool_t *pool);
/* KEY: "channel" or "username", where SENDER types: NAME. */
const char *chatd_render_typing(const char *sender, const char *key, const char *name,
                                apr_pool_t *pool);
const char *chatd_render_error(const char *text, apr_pool_t *pool);
/* Sends ready JSON to one socket. */
void chatd_send(chatd_user_t *user, const char *json);

/* intake.c */
/* Accepts httpd's children on FD, a listening SOCK_SEQPACKET socket. */
struct chatd_intake_t *chatd_intake_create(chatd_t *d, int fd);
void chatd_intake_destroy(struct chatd_intake_t *intake);

#endif
