/* SPDX-License-Identifier: Apache-2.0 */
/* The namespace "/" of the Button API: connecting, logging in, resuming. */
#include "base/text.h"
#include "chatd/chatd.h"
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

static void refuse(chatd_user_t *user, apr_status_t rv)
{
    const char *text =
        rv == CHAT_REFUSED ? "Invalid token!" : "Service unavailable, try again later!";
    chatd_send(user, chatd_render_error(text, user->site->daemon->scratch));
    rt_socket_close(user->socket, RT_REASON_KICKED, 0);
}

static void remember(chatd_user_t *user)
{
    chatd_remembered_t r = {.ids = (uint32_t)(user->variant & CHATD_IDS)};
    if (!(user->variant & CHATD_RECOVER) || !user->pid[0])
        return;
    apr_cpystrn(r.pid, user->pid, sizeof(r.pid));
    apr_cpystrn(r.sid, rt_socket_id(user->socket), sizeof(r.sid));
    apr_cpystrn(r.token_hash, user->hash, sizeof(r.token_hash));
    r.site = chatd_resume_table_site(user->site->conf->params);
    r.seen = apr_time_now();
    chatd_resume_table_put(user->site->daemon->resume, &r);
}

/* Who AUTH stands for becomes a listener. The room is fed first: what it still hands out
 * afterwards is news for this user, too. */
static apr_status_t enter(chatd_user_t *user, const chat_auth_t *auth)
{
    login_t l = {.auth = auth};
    chatd_room_t *room;
    apr_status_t rv;
    chatd_site_call(&l.call, user->site);
    room = chatd_room_find(user->site, user->site->settings.room);
    if (room)
        chatd_room_feed(room);
    rv = chat_store_read(user->site->site.store, read_login, &l);
    if (rv != APR_SUCCESS)
        return rv;
    chatd_room_leave(user);
    apr_cpystrn(user->hash, auth->hash, sizeof(user->hash));
    chatd_room_enter(user, &l.identity, &l.channels, l.last);
    rt_socket_trust(user->socket);
    remember(user);
    return APR_SUCCESS;
}

static void say_ready(chatd_user_t *user)
{
    apr_pool_t *pool = user->site->daemon->scratch;
    const char *text = apr_pstrcat(pool, READY, user->member->name, NULL);
    const char *offset = NULL;
    if (user->variant & CHATD_RECOVER)
        offset = apr_psprintf(pool, "%" APR_INT64_T_FMT, user->member->room->last);
    chatd_send(user, chatd_render_text("ready", text, offset, pool));
}

static void login(chatd_user_t *user, const char *token)
{
    chat_call_t call;
    chat_auth_t auth;
    apr_status_t rv;
    chatd_site_call(&call, user->site);
    chat_auth_token(&auth, &call, token);
    rv = auth.hash[0] ? enter(user, &auth) : CHAT_REFUSED;
    if (rv == APR_SUCCESS)
        say_ready(user);
    else
        refuse(user, rv);
}

/* NULL also for a text with U+0000: what stands before it is not what the client said. */
static const char *text_of(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    const char *text = json_string_value(value);
    return text && strlen(text) == json_string_length(value) ? text : NULL;
}

/* What a client that comes again showed: the session of before and how far it came. */
typedef struct resume_t {
    const char *pid, *token;
    apr_int64_t offset;
    chatd_remembered_t memory;
    chat_auth_t auth;
} resume_t;

/* Whether AUTH names a session that may go on; by the memory, or by a token beside it. */
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
    if (chatd_resume_table_get(&r->memory, user->site->daemon->resume, r->pid) &&
        r->memory.site == chatd_resume_table_site(user->site->conf->params)) {
        if (!r->token)
            apr_cpystrn(r->auth.hash, r->memory.token_hash, sizeof(r->auth.hash));
        else if (strcmp(r->auth.hash, r->memory.token_hash) != 0)
            r->memory.sid[0] = '\0'; /* somebody else's session */
    }
    else {
        r->memory.sid[0] = '\0';
    }
    return r->auth.hash[0] != '\0';
}

/* Goes on with a session of before. 0: it cannot be; the client has to begin anew, which
 * the new pid tells it. */
static int resume(chatd_user_t *user, const json_t *auth)
{
    resume_t r;
    rt_socket_ids ids;
    const apr_array_header_t *missed;
    if (!find_session(&r, user, auth))
        return 0;
    apr_cpystrn(user->pid, r.pid, sizeof(user->pid));
    if (enter(user, &r.auth) != APR_SUCCESS)
        return 0;
    missed = chatd_room_missed(user, r.offset, user->site->daemon->scratch);
    if (!missed) {
        chatd_room_leave(user);
        return 0;
    }
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
        login(user, token);
}

static void connected(void *app, rt_socket *socket, json_t *auth)
{
    chatd_site_t *site = app;
    chatd_user_t *user = rt_alloc(sizeof(*user));
    user->site = site;
    user->socket = socket;
    if (json_is_true(json_object_get(auth, "ids")))
        user->variant |= CHATD_IDS;
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
    if (strcmp(event->name, "api_v3_connect") != 0)
        return;
    login(user, text_of(json_array_get(event->args, 0), "token_api_v3"));
    apr_pool_clear(site->daemon->scratch);
}

static void closed(void *app, rt_socket *socket, rt_reason reason)
{
    chatd_user_t *user = rt_socket_user(socket);
    (void)app;
    (void)reason;
    if (!user)
        return;
    chatd_room_leave(user);
    free(user);
}

const rt_space_ops chatd_chat_ops = {connected, received, closed};
