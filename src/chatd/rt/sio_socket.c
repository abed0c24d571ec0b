/* SPDX-License-Identifier: Apache-2.0 */
/* One client in one Socket.IO namespace. */
#include "chatd/rt/sio_private.h"

#include <stdlib.h>
#include <string.h>

rt_socket *socket_create(rt_party *party, rt_space *space)
{
    rt_socket *s = rt_alloc(sizeof(*s));
    s->party = party;
    s->space = space;
    rt_list_append(&party->sockets, &s->in_party);
    party->socket_count++;
    return s;
}

static void free_later(rt_defer *defer)
{
    free(rt_container(defer, rt_socket, release));
}

void socket_release(rt_socket *s)
{
    rt_loop *loop = s->space->sio->loop;
    s->state = SOCKET_CLOSED;
    s->space->ops->closed(s->space->sio->config.app, s, s->reason);
    rt_list_remove(&s->in_party);
    s->party = NULL;
    if (s->release.run)
        s->release.run = free_later; /* it is in the loop's queue already */
    else
        rt_defer_call(loop, &s->release, free_later);
}

static void run_release(rt_defer *defer)
{
    socket_release(rt_container(defer, rt_socket, release));
}

void socket_end(rt_socket *s, rt_reason reason)
{
    if (s->state == SOCKET_CLOSED)
        return;
    s->state = SOCKET_CLOSED;
    s->reason = (uint8_t)reason;
    party_left(s->party);
    rt_defer_call(s->space->sio->loop, &s->release, run_release);
}

static rt_message_out out_for(const rt_socket *s, rt_message_type type)
{
    return (rt_message_out){.type = type, .space = s->space->name};
}

static int is_old(const rt_socket *s)
{
    return rt_session_revision(s->party->session) == 3;
}

/* Clients of revision 3 derive the id from the session's. */
static void choose_id(rt_socket *s, const rt_socket_ids *ids)
{
    const char *sid = ids ? ids->sid : NULL;
    if (is_old(s))
        sid = rt_session_id(s->party->session);
    if (sid && strlen(sid) <= RT_ID_LEN)
        memcpy(s->id, sid, strlen(sid));
    else
        rt_id_make(s->id);
}

void rt_socket_accept(rt_socket *s, const rt_socket_ids *ids)
{
    rt_message_out out = out_for(s, RT_MESSAGE_CONNECT);
    json_t *data = NULL;
    if (s->state != SOCKET_PENDING)
        return;
    choose_id(s, ids);
    if (!is_old(s)) {
        data = json_pack("{s:s}", "sid", s->id);
        if (ids && ids->pid)
            json_object_set_new(data, "pid", json_string(ids->pid));
    }
    out.data = data;
    s->state = SOCKET_CONNECTED;
    party_joined(s->party);
    party_send(s->party, &out);
    json_decref(data);
}

void rt_socket_send(rt_socket *s, rt_message *message)
{
    if (s->state != SOCKET_CONNECTED || message->space != s->space)
        return;
    for (uint32_t i = 0; i < message->count; i++)
        rt_session_send(s->party->session, message->parts[i]);
}

rt_message *rt_space_event(const rt_space *space, const char *name, const json_t *args,
                           rt_blobs blobs)
{
    rt_message_out out = {.type = RT_MESSAGE_EVENT, .space = space->name, .name = name};
    rt_message *message;
    out.data = args;
    out.blobs = blobs;
    message = rt_message_encode(&out);
    message->space = space;
    return message;
}

rt_message *rt_space_event_raw(const rt_space *space, const char *json)
{
    rt_message_out out = {.type = RT_MESSAGE_EVENT, .space = space->name, .raw = json};
    rt_message *message = rt_message_encode(&out);
    message->space = space;
    return message;
}

void rt_socket_emit(rt_socket *s, const char *name, const json_t *args)
{
    rt_message_out out = out_for(s, RT_MESSAGE_EVENT);
    if (s->state != SOCKET_CONNECTED)
        return;
    out.name = name;
    out.data = args;
    party_send(s->party, &out);
}

void rt_socket_acknowledge(rt_socket *s, uint64_t ack, const json_t *args, rt_blobs blobs)
{
    rt_message_out out = out_for(s, RT_MESSAGE_ACK);
    json_t *none = NULL;
    if (s->state != SOCKET_CONNECTED)
        return;
    if (!args)
        args = none = json_array();
    out.has_ack = 1;
    out.ack = ack;
    out.data = args;
    out.blobs = blobs;
    party_send(s->party, &out);
    json_decref(none);
}

void socket_event(rt_socket *s, rt_message_in *m, rt_blobs blobs)
{
    json_t *name = json_incref(json_array_get(m->data, 0));
    char *number = json_is_string(name) ? NULL : json_dumps(name, JSON_ENCODE_ANY);
    rt_event event = {
        .name = number ? number : json_string_value(name),
        .args = m->data,
        .blobs = blobs,
        .has_ack = m->has_ack,
        .ack = m->ack,
    };
    json_array_remove(m->data, 0);
    s->space->ops->event(s->space->sio->config.app, s, &event);
    free(number);
    json_decref(name);
}

void rt_socket_close(rt_socket *s, rt_reason reason, int whole)
{
    rt_message_out out = out_for(s, RT_MESSAGE_DISCONNECT);
    rt_party *party = s->party;
    if (s->state == SOCKET_CONNECTED)
        party_send(party, &out);
    socket_end(s, reason);
    if (whole && party)
        rt_session_close(party->session, reason);
}

void rt_socket_trust(rt_socket *s)
{
    if (s->state != SOCKET_CLOSED)
        party_trust(s->party);
}

const char *rt_socket_id(const rt_socket *s)
{
    return s->id;
}

rt_space *rt_socket_space(const rt_socket *s)
{
    return s->space;
}

const rt_session *rt_socket_session(const rt_socket *s)
{
    return s->party ? s->party->session : NULL;
}

void rt_socket_set_user(rt_socket *s, void *user)
{
    s->user = user;
}

void *rt_socket_user(const rt_socket *s)
{
    return s->user;
}
