/* SPDX-License-Identifier: Apache-2.0 */
/* The namespace "/" of the Button API: connecting, logging in, resuming. */
#include "base/bounds.h"
#include "base/text.h"
#include "chatd/nodes.h"
#include "store/account.h"

#include <apr_strings.h>
#include <stdlib.h>
#include <string.h>

#define READY "Server has accepted the connection and registered you as : "

/* What a login reads, in one snapshot. */
typedef struct login_t {
    chat_call_t call;
    const chat_auth_t *auth;
    chat_identity_t identity;
    chat_channels_t channels;
    apr_int64_t last;
} login_t;

static apr_status_t read_login(chat_tx_t *tx, void *baton)
{
    login_t *l = baton;
    chat_room_t room;
    apr_status_t rv = chat_auth_resolve(&l->identity, &l->call, tx, l->auth);
    if (rv == APR_SUCCESS)
        rv = chat_channel_visible(&l->channels, tx, l->identity.id, l->identity.room,
                                  l->call.pool);
    if (rv == APR_SUCCESS)
        rv = chat_room_by_id(&room, tx, l->identity.room, l->call.pool);
    if (rv == APR_SUCCESS)
        l->last = room.last_number;
    return rv;
}

#define INVALID "Invalid token!"
#define THROTTLED "Too many logins, try again later!"
#define UNAVAILABLE "Service unavailable, try again later!"
#define CROWDED "Too many connections of this account!"
#define REFUSED "Your network is not allowed here!"

static void remember(chatd_user_t *user)
{
    chatd_t *d = user->site->daemon;
    chatd_remembered_t r = {.ids = (uint32_t)(user->variant & CHATD_IDS)};
    int kept;
    if (!(user->variant & CHATD_RECOVER) || !user->pid[0])
        return;
    apr_cpystrn(r.pid, user->pid, sizeof(r.pid));
    apr_cpystrn(r.sid, rt_socket_id(user->socket), sizeof(r.sid));
    apr_cpystrn(r.token_hash, user->hash, sizeof(r.token_hash));
    r.site = chatd_resume_table_site(user->site->conf->params);
    r.account = user->member->id;
    r.seen = apr_time_now();
    kept = chatd_resume_table_put(d->resume, &r);
    if (kept == d->unkept)
        chat_log(&d->log, kept ? CHAT_LOG_NOTICE : CHAT_LOG_WARNING, 742, APR_SUCCESS,
                 kept ? "sessions are kept on disk again"
                      : "sessions cannot be kept on disk and will not outlive chatd");
    d->unkept = !kept;
}

/* Whether WEIGHT more reads are within the rules for the account whose token has HASH,
 * and for the client's address. */
static int within_rules(const chatd_user_t *user, const char *hash, int weight)
{
    const chatd_site_t *site = user->site;
    const rt_session *session = rt_socket_session(user->socket);
    const chat_rule_t account = {CHAT_LOGINS_PER_ACCOUNT, CHAT_LOGINS_SECONDS, weight};
    chat_rule_t address = {CHAT_LOGINS_PER_ADDRESS, CHAT_LOGINS_SECONDS, weight};
    chat_limits_t *limits = site->daemon->limits;
    const chat_secret_t *secret = &site->site.secret;
    const rt_peer *peer;
    apr_time_t now = apr_time_now();
    apr_int64_t wait;
    int within;
    if (!limits || !session)
        return 1;
    within = chat_limit_take(limits, chat_hash_short(secret, hash, strlen(hash)),
                             &account, now, &wait);
    for (peer = rt_session_client(session)->peer; within && peer; peer = peer->network) {
        within = chat_limit_take(limits,
                                 chat_hash_short(secret, peer->name, strlen(peer->name)),
                                 &address, now, &wait);
        address.count *= CHAT_WIDE;
    }
    return within;
}

static int socket_within_rules(chatd_user_t *user)
{
    uint64_t now = rt_loop_now(user->site->daemon->loop);
    if (now - user->window > CHAT_LOGINS_SECONDS * 1000) {
        user->window = now;
        user->logins = 0;
    }
    return ++user->logins <= CHAT_LOGINS_PER_SOCKET;
}

static int is_crowded(const chatd_user_t *user, const chat_identity_t *identity)
{
    const chatd_room_t *room = chatd_room_find(user->site, identity->room);
    const chatd_member_t *m =
        room ? chatd_int_map_get(&room->members, identity->id) : NULL;
    return (!m || m != user->member) &&
           (m ? m->user_count : 0) + chatd_nodes_sockets(user->site, identity->id) >=
               CHAT_SOCKETS_PER_ACCOUNT;
}

/* The account of AUTH becomes a listener; else *WHY is what the client gets to read. The
 * room is fed first, so that it has little left that is older than this login. */
static apr_status_t enter(chatd_user_t *user, const chat_auth_t *auth, const char **why)
{
    login_t l = {.auth = auth};
    chatd_site_t *site = user->site;
    chatd_room_t *room;
    apr_status_t rv;
    *why = THROTTLED;
    if (!socket_within_rules(user) || !within_rules(user, auth->hash, 1))
        return CHAT_REFUSED;
    *why = REFUSED;
    if (chatd_user_refused(user))
        return CHAT_REFUSED;
    chatd_site_call(&l.call, site);
    room = chatd_room_find(site, site->settings.room);
    if (room)
        chatd_room_feed(room);
    /* before the read: what is written after it is hinted at */
    chat_store_listen(site->site.store, site->settings.room);
    rv = chat_store_read(site->site.store, read_login, &l);
    *why = rv == CHAT_REFUSED ? INVALID : UNAVAILABLE;
    /* a wrong token costs its address more: an honest client has one at most */
    if (rv == CHAT_REFUSED)
        within_rules(user, auth->hash, CHAT_WRONG_TOKEN_WEIGHT);
    else if (rv != APR_SUCCESS)
        chatd_site_away(site, rv);
    if (rv == APR_SUCCESS && is_crowded(user, &l.identity)) {
        *why = CROWDED;
        rv = CHAT_REFUSED;
    }
    if (rv != APR_SUCCESS)
        return rv;
    chatd_leave(user);
    user->since = l.last;
    apr_cpystrn(user->hash, auth->hash, sizeof(user->hash));
    chatd_enter(user, &l.identity, &l.channels, l.last);
    rt_socket_trust(user->socket);
    remember(user);
    return APR_SUCCESS;
}

/* JSON, an event's array, as answer to EVENT too, when the client waits for one. */
static void say(chatd_user_t *user, const rt_event *event, const char *json)
{
    json_t *args;
    chatd_send(user, json);
    if (!event || !event->has_ack)
        return;
    args = json_loads(json, 0, NULL);
    json_array_remove(args, 0);
    rt_socket_acknowledge(user->socket, event->ack, args, (rt_blobs){NULL, 0});
    json_decref(args);
}

static void say_ready(chatd_user_t *user, const rt_event *event)
{
    apr_pool_t *pool = user->site->daemon->scratch;
    const char *text = apr_pstrcat(pool, READY, user->member->name, NULL);
    const char *offset = NULL;
    if (user->variant & CHATD_RECOVER)
        offset = apr_psprintf(pool, "%" APR_INT64_T_FMT, user->member->room->last);
    say(user, event, chatd_render_text("ready", text, offset, pool));
    chatd_emergency_tell(user);
}

/* EVENT: what brought TOKEN, or NULL. The token that is in already needs no read. */
static void login(chatd_user_t *user, const char *token, const rt_event *event)
{
    chat_call_t call;
    chat_auth_t auth;
    const char *why = INVALID;
    apr_status_t rv = APR_SUCCESS;
    chatd_site_call(&call, user->site);
    chat_auth_token(&auth, &call, token);
    auth.guests = 1;
    if (!auth.hash[0])
        rv = CHAT_REFUSED;
    else if (!user->member || strcmp(auth.hash, user->hash) != 0)
        rv = enter(user, &auth, &why);
    if (rv == APR_SUCCESS) {
        say_ready(user, event);
        return;
    }
    say(user, event, chatd_render_error(why, user->site->daemon->scratch));
    rt_socket_close(user->socket, RT_REASON_KICKED, 0);
}

/* NULL also for a text with U+0000: the part before it is not what the client sent. */
static const char *text_of(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    const char *text = json_string_value(value);
    return text && strlen(text) == json_string_length(value) ? text : NULL;
}

/* What a reconnecting client sent: its former session and how far it had read. */
typedef struct resume_t {
    const char *pid, *token;
    apr_int64_t offset;
    chatd_remembered_t memory;
    chat_auth_t auth;
} resume_t;

/* Whether AUTH names a session that may be resumed; through the memory, or a token beside
 * it. */
static int find_session(resume_t *r, chatd_user_t *user, const json_t *auth)
{
    const char *offset = text_of(auth, "offset");
    chat_call_t call;
    r->pid = text_of(auth, "pid");
    r->token = text_of(auth, "token_api_v3");
    if (!r->pid || !*r->pid || strlen(r->pid) >= CHATD_SID_SIZE || !offset ||
        !chat_text_int64(&r->offset, offset) || r->offset < 0)
        return 0;
    chatd_site_call(&call, user->site);
    memset(&r->memory, 0, sizeof(r->memory));
    chat_auth_token(&r->auth, &call, r->token);
    r->auth.guests = 1;
    if (chatd_resume_table_get(&r->memory, user->site->daemon->resume, r->pid) &&
        r->memory.site == chatd_resume_table_site(user->site->conf->params)) {
        if (!r->token)
            apr_cpystrn(r->auth.hash, r->memory.token_hash, sizeof(r->auth.hash));
        else if (strcmp(r->auth.hash, r->memory.token_hash) != 0)
            r->memory.sid[0] = '\0'; /* of another token */
    }
    else {
        r->memory.sid[0] = '\0';
    }
    return r->auth.hash[0] != '\0';
}

/* Continues an earlier session. 0: that is not possible; the client starts a new one, as
 * the new pid shows. While the database is unreachable its connection ends instead: the
 * client reconnects by itself with its former session. */
static int resume(chatd_user_t *user, const json_t *auth)
{
    resume_t r;
    rt_socket_ids ids;
    const apr_array_header_t *missed;
    const char *why;
    apr_status_t rv;
    if (!find_session(&r, user, auth))
        return 0;
    apr_cpystrn(user->pid, r.pid, sizeof(user->pid));
    rv = enter(user, &r.auth, &why);
    missed = rv == APR_SUCCESS
                 ? chatd_room_missed(user, r.offset, user->site->daemon->scratch)
                 : NULL;
    if (user->site->failing) {
        rt_socket_close(user->socket, RT_REASON_ERROR, 1);
        return 1;
    }
    if (missed && !within_rules(user, user->hash, 1 + missed->nelts / CHAT_REPLAY_UNIT))
        missed = NULL;
    if (!missed) {
        chatd_leave(user);
        return 0;
    }
    user->since = 0; /* what the room still hands out was missed */
    ids.sid = r.memory.sid[0] ? r.memory.sid : NULL;
    ids.pid = r.pid;
    rt_socket_accept(user->socket, &ids);
    remember(user);
    for (int i = 0; i < missed->nelts; i++)
        chatd_send(user, APR_ARRAY_IDX(missed, i, const char *));
    return 1;
}

static void begin(chatd_user_t *user, const json_t *auth)
{
    const char *token = text_of(auth, "token_api_v3");
    rt_socket_ids ids = {NULL, NULL};
    if (user->variant & CHATD_RECOVER) {
        rt_id_make(user->pid);
        ids.pid = user->pid;
    }
    rt_socket_accept(user->socket, &ids);
    if (token)
        login(user, token, NULL);
}

static void connected(void *app, rt_socket *socket, json_t *auth)
{
    chatd_site_t *site = app;
    chatd_user_t *user = rt_alloc(sizeof(*user));
    user->site = site;
    user->socket = socket;
    if (json_is_true(json_object_get(auth, "ids")))
        user->variant |= CHATD_IDS;
    if (json_is_true(json_object_get(auth, "extended")))
        user->variant |= CHATD_IDS | CHATD_EXTENDED;
    /* revision 3 of Engine.IO has no ids to offer */
    if (json_is_true(json_object_get(auth, "recover")) &&
        rt_session_revision(rt_socket_session(socket)) >= 4)
        user->variant |= CHATD_RECOVER;
    rt_socket_set_user(socket, user);
    if (!(user->variant & CHATD_RECOVER) || !resume(user, auth))
        begin(user, auth);
    apr_pool_clear(site->daemon->scratch);
}

static void received(void *app, rt_socket *socket, const rt_event *event)
{
    chatd_site_t *site = app;
    chatd_user_t *user = rt_socket_user(socket);
    const json_t *body = json_array_get(event->args, 0);
    if (!strcmp(event->name, "api_v3_connect"))
        login(user, text_of(body, "token_api_v3"), event);
    else if (!strcmp(event->name, "typing") && user->variant & CHATD_EXTENDED)
        chatd_typing(user, text_of(body, "channel"), text_of(body, "username"));
    else if (!strcmp(event->name, "markread") && user->variant & CHATD_EXTENDED)
        chatd_mark(user, event, body);
    apr_pool_clear(site->daemon->scratch);
}

static void closed(void *app, rt_socket *socket, rt_reason reason)
{
    chatd_site_t *site = app;
    chatd_user_t *user = rt_socket_user(socket);
    (void)reason;
    if (!user)
        return;
    chatd_leave(user);
    chatd_user_free(user);
    apr_pool_clear(site->daemon->scratch);
}

const rt_space_ops chatd_chat_ops = {connected, received, closed};
