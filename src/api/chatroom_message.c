/* SPDX-License-Identifier: Apache-2.0 */
/* Chatroom API: channels and messages. */
#include "api/chatroom.h"
#include "base/text.h"
#include "core/channels.h"
#include "core/history.h"
#include "core/messages.h"

#include <apr_strings.h>
#include <string.h>

static apr_status_t list_channels(chat_visit_t *v)
{
    chat_channels_t channels;
    chat_writer_t w;
    apr_status_t rv = chat_channels_visible(&channels, v->call, &v->auth);
    if (rv != APR_SUCCESS)
        return rv;
    chat_visit_answer(&w, v);
    chat_chatroom_channels(&w, &channels, &v->entry);
    return APR_SUCCESS;
}

static apr_status_t make_channel(chat_visit_t *v)
{
    const char *name = chat_visit_param(v, "channel_name"), *said;
    chat_new_channel_t wanted = {.name = name, .owners = 1};
    chat_channel_t ch;
    chat_writer_t w;
    apr_status_t rv;
    if (!name || !*name)
        return chat_visit_invalid(v, "channel_name", "You must specify a channel_name!");
    /* public unless the request says otherwise, in any type */
    said = chat_json_text(chat_json_member(v->body, "public"), v->call->pool);
    wanted.public = !said || (strcmp(said, "false") != 0 && strcmp(said, "0") != 0);
    rv = chat_channel_make(&ch, v->call, &v->auth, &wanted);
    if (rv == CHAT_REFUSED && v->call->problem.code == CHAT_P_CHANNEL_NAME_RULE) {
        rv = chat_auth_check(v->call, &v->auth);
        return rv == APR_SUCCESS
                   ? chat_call_refuse(v->call, CHAT_P_CHANNEL_NAME_RULE, "channel_name")
                   : rv;
    }
    if (rv != APR_SUCCESS)
        return rv;
    chat_visit_answer(&w, v);
    chat_chatroom_channel(&w, &ch, &v->entry);
    return APR_SUCCESS;
}

apr_status_t chat_chatroom_channel_list(chat_visit_t *v)
{
    return v->req->method == CHAT_POST ? make_channel(v) : list_channels(v);
}

/* ---- messages ---- */

#define COUNT_DEFAULT 10

static void write_message(chat_writer_t *w, const chat_said_t *said,
                          const chat_room_t *room)
{
    const chat_message_t *m = &said->message;
    char id[CHAT_UUID_SIZE];
    chat_write_object(w);
    chat_uuid_message(id, room->uuid, CHAT_ROW_NUMBER(m->id));
    chat_write_member(w, "messageID", id);
    chat_write_member(w, "channelID", said->channel);
    chat_write_member(w, "userID", chat_chatroom_user(room, m->author, said->author));
    chat_write_member(w, "keyID", "");
    chat_write_key(w, "send_time");
    chat_write_real(w, (double)m->created / 1e6);
    chat_write_member(w, "type", m->kind == CHAT_MESSAGE_SYSTEM ? "system" : "text");
    chat_write_key(w, "data");
    chat_write_bytes(w, m->body, m->body_len);
    if (m->parent)
        chat_uuid_message(id, room->uuid, CHAT_ROW_NUMBER(m->parent));
    chat_write_member(w, "replyID", m->parent ? id : said->reply);
    chat_write_end(w);
}

/* An optional id: NULL when it is absent, null or empty. 0 when it is not a UUID. */
static int read_id(const char **out, chat_visit_t *v, const char *name)
{
    const char *text = chat_visit_param(v, name);
    char uuid[CHAT_UUID_SIZE];
    *out = NULL;
    if (!text || !*text)
        return 1;
    if (!chat_uuid_read(uuid, text))
        return 0;
    *out = apr_pstrdup(v->call->pool, uuid);
    return 1;
}

static apr_status_t invalid_id(chat_visit_t *v, const char *name)
{
    return chat_visit_invalid(
        v, name,
        apr_pstrcat(v->call->pool, "Value for ", name, " is not a valid ID!", NULL));
}

static apr_status_t missing(chat_visit_t *v, const char *name)
{
    apr_status_t rv = chat_auth_check(v->call, &v->auth);
    if (rv != APR_SUCCESS)
        return rv;
    return chat_call_refuse_detail(v->call, CHAT_P_MISSING, name, ".");
}

static apr_status_t read_post(chat_post_t *out, chat_visit_t *v)
{
    const chat_json_t *data = chat_json_member(v->body, "data");
    chat_json_type_t type = chat_json_type(data);
    int valid = read_id(&out->channel, v, "channelID");
    if (valid && !out->channel)
        return missing(v, "channelID");
    if (type == CHAT_JSON_NONE || type == CHAT_JSON_NULL)
        return missing(v, "data");
    if (!valid)
        return invalid_id(v, "channelID");
    if (!read_id(&out->reply, v, "replyID"))
        return invalid_id(v, "replyID");
    out->text.text = chat_json_string(data, &out->text.len);
    if (!out->text.text)
        return chat_visit_invalid(v, "data", "Value for data is not a string!");
    if (!out->text.len)
        return chat_visit_invalid(v, "data", "Cannot send empty message");
    return APR_SUCCESS;
}

static apr_status_t send_message(chat_visit_t *v)
{
    chat_post_t post;
    chat_said_t said = {0};
    chat_writer_t w;
    apr_status_t rv = read_post(&post, v);
    if (rv == APR_SUCCESS)
        rv = chat_message_post(&said.message, v->call, &v->auth, &post);
    if (rv != APR_SUCCESS)
        return rv;
    said.channel = post.channel;
    said.author = v->entry.who.uuid;
    said.reply = post.reply;
    chat_visit_answer(&w, v);
    write_message(&w, &said, &v->entry.room);
    return APR_SUCCESS;
}

static const char *no_number(chat_visit_t *v, const char *head, const char *value)
{
    if (!value)
        return apr_pstrcat(v->call->pool, head, "it was not sent", NULL);
    return apr_pstrcat(v->call->pool, head, "'", value, "' is not a number", NULL);
}

static apr_status_t read_count(int *out, chat_visit_t *v)
{
    const char *text = chat_visit_param(v, "count");
    apr_int64_t n = COUNT_DEFAULT;
    if (text && (!chat_text_int64(&n, text) || n < 0))
        return chat_visit_invalid(
            v, "count",
            no_number(v, "Could not convert variable 'count' to an integer: ", text));
    *out = (int)(n < CHAT_HISTORY_MAX ? n : CHAT_HISTORY_MAX);
    return APR_SUCCESS;
}

static apr_status_t read_wanted(chat_history_t *out, chat_visit_t *v)
{
    const char *method = chat_visit_param(v, "get-method");
    const char *time = chat_visit_param(v, "time");
    if (!method || (strcmp(method, "since") && strcmp(method, "count")))
        return chat_visit_invalid(v, "get-method", "Invalid or unset 'get-method'");
    if (!read_id(&out->channel, v, "channelID"))
        return chat_visit_invalid(v, "channelID", "ChannelID is not a valid UUID");
    out->since = !strcmp(method, "since");
    out->time = CHAT_TIME_NOW;
    out->count = CHAT_HISTORY_MAX;
    if ((time || out->since) && (!time || !chat_chatroom_time(&out->time, time)))
        return chat_visit_invalid(
            v, "time",
            no_number(v, "Could not convert variable 'time' to float: ", time));
    return out->since ? APR_SUCCESS : read_count(&out->count, v);
}

static apr_status_t list_messages(chat_visit_t *v)
{
    chat_history_t wanted;
    chat_saids_t said;
    chat_writer_t w;
    apr_status_t rv = read_wanted(&wanted, v);
    if (rv == APR_SUCCESS)
        rv = chat_history_read(&said, v->call, &v->auth, &wanted);
    if (rv != APR_SUCCESS)
        return rv;
    chat_visit_answer(&w, v);
    chat_write_array(&w);
    for (int i = 0; i < said.n; i++)
        write_message(&w, &said.list[i], &v->entry.room);
    return chat_write_finish(&w);
}

apr_status_t chat_chatroom_messages(chat_visit_t *v)
{
    return v->req->method == CHAT_POST ? send_message(v) : list_messages(v);
}
