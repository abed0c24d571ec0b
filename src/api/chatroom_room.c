/* SPDX-License-Identifier: Apache-2.0 */
/* Chatroom API: chatrooms, logging in, users, invites. */
#include "api/chatroom.h"
#include "base/text.h"
#include "core/channels.h"
#include "core/invites.h"

#include <apr_strings.h>
#include <string.h>

static void write_room(chat_writer_t *w, const chat_lobby_t *lobby)
{
    const chat_entry_t *entry = &lobby->entry;
    chat_write_key(w, "channels");
    chat_chatroom_channels(w, &lobby->channels, entry);
    chat_write_member(w, "userID",
                      chat_chatroom_user(&entry->room, entry->who.id, entry->who.uuid));
}

static void write_settings(chat_writer_t *w, const chat_room_t *room)
{
    chat_write_member_array(w, "settings");
    chat_write_object(w);
    chat_write_member(w, "sname", "chat_name");
    chat_write_member(w, "svalue", room->name);
    chat_write_member(w, "stype", "str");
    chat_write_end(w);
    chat_write_object(w);
    chat_write_member(w, "sname", "min_password_length");
    chat_write_member_int(w, "svalue", room->min_password);
    chat_write_member(w, "stype", "int");
    chat_write_end(w);
    chat_write_end(w);
}

apr_status_t chat_chatroom_create(chat_visit_t *v)
{
    static const char *const required[] = {"username", "password", "chatroom_name", NULL};
    chat_new_room_t wanted = {0};
    chat_lobby_t lobby;
    char secret[CHAT_UUID_SIZE];
    chat_writer_t w;
    apr_status_t rv = chat_visit_require(v, required);
    if (rv != APR_SUCCESS)
        return rv;
    chat_uuid_random(secret);
    wanted.username = chat_visit_param(v, "username");
    wanted.password = chat_visit_param(v, "password");
    wanted.name = chat_visit_param(v, "chatroom_name");
    wanted.session = secret;
    rv = chat_room_create(&lobby, v->call, &wanted);
    if (rv != APR_SUCCESS)
        return rv;
    chat_visit_cookie(v, lobby.entry.room.uuid, secret);
    chat_visit_answer(&w, v);
    chat_write_object(&w);
    chat_write_member(&w, "chatroom_name", lobby.entry.room.name);
    chat_write_member(&w, "chatroomID", lobby.entry.room.uuid);
    write_room(&w, &lobby);
    return chat_write_finish(&w);
}

apr_status_t chat_chatroom_show(chat_visit_t *v)
{
    chat_channels_t channels;
    chat_writer_t w;
    apr_status_t rv = chat_channels_visible(&channels, v->call, &v->auth);
    if (rv != APR_SUCCESS)
        return rv;
    chat_visit_answer(&w, v);
    chat_write_object(&w);
    chat_write_member(&w, "chatroom_name", v->entry.room.name);
    chat_write_member(&w, "chatroomID", v->entry.room.uuid);
    chat_write_key(&w, "channels");
    chat_chatroom_channels(&w, &channels, &v->entry);
    write_settings(&w, &v->entry.room);
    return chat_write_finish(&w);
}

static apr_status_t check_login(chat_visit_t *v)
{
    chat_writer_t w;
    apr_status_t rv = chat_auth_check(v->call, &v->auth);
    if (rv != APR_SUCCESS)
        return rv;
    chat_visit_answer(&w, v);
    chat_write_string(&w, "Already logged in");
    return APR_SUCCESS;
}

static apr_status_t log_in(chat_visit_t *v)
{
    static const char *const required[] = {"password", NULL};
    chat_room_login_t login = {.room_uuid = v->room};
    chat_lobby_t lobby;
    char secret[CHAT_UUID_SIZE];
    chat_writer_t w;
    apr_status_t rv = chat_visit_room(v);
    if (rv != APR_SUCCESS)
        return rv;
    chat_visit_claim(&login.uuid, &login.name, v);
    if (!login.uuid && !login.name)
        return chat_call_refuse(v->call, CHAT_P_MISSING, "userID");
    rv = chat_visit_require(v, required);
    if (rv != APR_SUCCESS)
        return rv;
    chat_uuid_random(secret);
    login.password = chat_visit_param(v, "password");
    login.session = secret;
    rv = chat_room_login(&lobby, v->call, &login);
    if (rv != APR_SUCCESS)
        return rv;
    chat_visit_cookie(v, lobby.entry.room.uuid, secret);
    chat_visit_answer(&w, v);
    chat_write_object(&w);
    chat_write_member(&w, "chatroomID", lobby.entry.room.uuid);
    write_room(&w, &lobby);
    return chat_write_finish(&w);
}

apr_status_t chat_chatroom_login(chat_visit_t *v)
{
    return v->req->method == CHAT_POST ? log_in(v) : check_login(v);
}

static void write_color(chat_writer_t *w, const char *key, apr_int64_t color)
{
    chat_write_member_object(w, key);
    chat_write_member_int(w, "r", color >> 16 & 255);
    chat_write_member_int(w, "g", color >> 8 & 255);
    chat_write_member_int(w, "b", color & 255);
    chat_write_end(w);
}

apr_status_t chat_chatroom_users(chat_visit_t *v)
{
    chat_profiles_t users;
    chat_writer_t w;
    apr_status_t rv = chat_room_users(&users, v->call, &v->auth);
    if (rv != APR_SUCCESS)
        return rv;
    chat_visit_answer(&w, v);
    chat_write_array(&w);
    for (int i = 0; i < users.n; i++) {
        const chat_profile_t *u = &users.list[i];
        chat_write_object(&w);
        chat_write_member(&w, "userID",
                          chat_chatroom_user(&v->entry.room, u->id, u->uuid));
        chat_write_member(&w, "username", u->name);
        write_color(&w, "color", u->color);
        write_color(&w, "colour", u->color);
        chat_write_end(&w);
    }
    return chat_write_finish(&w);
}

/* ---- invites ---- */

#define INVITE_SECONDS (7 * 24 * 3600)
#define USES_MAX 1000000000

static apr_status_t read_invite(chat_new_invite_t *out, chat_visit_t *v)
{
    apr_pool_t *pool = v->call->pool;
    const char *uses = chat_visit_param(v, "uses");
    const char *until = chat_visit_param(v, "expiration-time");
    out->uses = 1;
    out->expires = v->call->now + apr_time_from_sec(INVITE_SECONDS);
    if (uses &&
        (!chat_text_int64(&out->uses, uses) || out->uses < 0 || out->uses > USES_MAX))
        return chat_visit_invalid(
            v, "uses",
            apr_pstrcat(pool, "Could not convert variable 'uses' to integer: '", uses,
                        "' is not a whole number of uses", NULL));
    if (until && !chat_chatroom_time(&out->expires, until))
        return chat_visit_invalid(
            v, "expiration-time",
            apr_pstrcat(pool, "Could not convert variable 'expiration-time' to float: '",
                        until, "' is not a number of seconds", NULL));
    return APR_SUCCESS;
}

static void write_invite(chat_writer_t *w, const chat_new_invite_t *invite,
                         chat_visit_t *v)
{
    const char *link =
        apr_pstrcat(v->call->pool, "teahaz:", v->entry.room.uuid, "/", invite->id, NULL);
    chat_write_object(w);
    chat_write_member(w, "uid", invite->id);
    chat_write_member(w, "inviteID", invite->id);
    chat_write_member_int(w, "uses", invite->uses);
    chat_write_key(w, "expiration-time");
    chat_write_real(w, (double)invite->expires / 1e6);
    chat_write_member(w, "data", link);
    chat_write_member(w, "invite", link);
    chat_write_end(w);
}

static apr_status_t create_invite(chat_visit_t *v)
{
    chat_new_invite_t invite;
    chat_writer_t w;
    apr_status_t rv = read_invite(&invite, v);
    if (rv == APR_SUCCESS)
        rv = chat_invite_create(&invite, v->call, &v->auth);
    if (rv != APR_SUCCESS)
        return rv;
    chat_visit_answer(&w, v);
    write_invite(&w, &invite, v);
    return APR_SUCCESS;
}

static apr_status_t read_redeem(chat_redeem_t *out, chat_visit_t *v)
{
    static const char *const required[] = {"username", "password", "inviteID", NULL};
    const char *id = chat_visit_param(v, "inviteID");
    char uuid[CHAT_UUID_SIZE];
    apr_status_t rv = chat_visit_room(v);
    if (rv != APR_SUCCESS)
        return rv;
    if (id && *id && !chat_uuid_read(uuid, id))
        return chat_call_refuse_detail(v->call, CHAT_P_INVALID, "inviteID",
                                       "Invalid invite ID sent to server. Must be uuid!");
    rv = chat_visit_require(v, required);
    if (rv != APR_SUCCESS)
        return rv;
    out->room_uuid = v->room;
    out->id = apr_pstrdup(v->call->pool, uuid);
    out->username = chat_visit_param(v, "username");
    out->password = chat_visit_param(v, "password");
    return APR_SUCCESS;
}

static apr_status_t use_invite(chat_visit_t *v)
{
    chat_redeem_t wanted;
    chat_lobby_t lobby;
    char secret[CHAT_UUID_SIZE];
    chat_writer_t w;
    apr_status_t rv = read_redeem(&wanted, v);
    if (rv != APR_SUCCESS)
        return rv;
    chat_uuid_random(secret);
    wanted.session = secret;
    rv = chat_invite_redeem(&lobby, v->call, &wanted);
    if (rv != APR_SUCCESS)
        return rv;
    chat_visit_cookie(v, lobby.entry.room.uuid, secret);
    chat_visit_answer(&w, v);
    chat_write_object(&w);
    chat_write_member(&w, "chatroomID", lobby.entry.room.uuid);
    chat_write_member(&w, "chatroom_name", lobby.entry.room.name);
    write_room(&w, &lobby);
    write_settings(&w, &lobby.entry.room);
    return chat_write_finish(&w);
}

apr_status_t chat_chatroom_invites(chat_visit_t *v)
{
    return v->req->method == CHAT_POST ? use_invite(v) : create_invite(v);
}
