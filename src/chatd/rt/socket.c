/* SPDX-License-Identifier: Apache-2.0 */
#include "chatd/rt/sio_private.h"

#include <stdlib.h>
#include <string.h>

/* An event that the client has still to acknowledge. */
typedef struct {
    rt_list link;
    rt_timer timer;
    rt_socket *socket;
    uint32_t id;
    rt_ack_wait wait;
} debt;

rt_socket *socket_create(rt_party *party, rt_space *space)
{
    rt_socket *s = rt_alloc(sizeof(*s));
    s->party = party;
    s->space = space;
    rt_list_init(&s->groups);
    rt_list_init(&s->acks);
    rt_list_append(&party->sockets, &s->in_party);
    party->socket_count++;
    return s;
}

static void settle(debt *d, json_t *args, rt_blobs blobs)
{
    rt_timer_clear(&d->timer);
    rt_list_remove(&d->link);
    d->socket->ack_count--;
    d->wait.answered(d->wait.data, d->socket, args, blobs);
    free(d);
}

static void debt_expired(rt_timer *timer)
{
    settle(rt_container(timer, debt, timer), NULL, (rt_blobs){NULL, 0});
}

/* From the list of the connected to nowhere. */
static void leave_space(rt_socket *s)
{
    if (!rt_list_linked(&s->in_space))
        return;
    rt_list_remove(&s->in_space);
    s->space->count--;
}

static void free_later(rt_defer *defer)
{
    free(rt_container(defer, rt_socket, release));
}

void socket_release(rt_socket *s)
{
    rt_loop *loop = s->space->sio->loop;
    s->state = SOCKET_CLOSED;
    leave_space(s);
    socket_leave_groups(s);
    while (!rt_list_empty(&s->acks))
        settle(rt_container(s->acks.next, debt, link), NULL, (rt_blobs){NULL, 0});
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

/* Clients of revision 3 make the id up from the session's. */
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
    rt_list_append(&s->space->sockets, &s->in_space);
    s->space->count++;
    party_joined(s->party);
    party_send(s->party, &out);
    json_decref(data);
}

void rt_socket_deny(rt_socket *s, const char *message, const json_t *data)
{
    rt_message_out out = out_for(s, RT_MESSAGE_CONNECT_ERROR);
    json_t *error;
    if (s->state != SOCKET_PENDING)
        return;
    error = is_old(s) ? json_string(message) : json_pack("{s:s}", "message", message);
    if (data && json_is_object(error))
        json_object_set(error, "data", (json_t *)data);
    out.data = error;
    party_send(s->party, &out);
    json_decref(error);
    socket_end(s, RT_REASON_KICKED);
}

void rt_socket_send(rt_socket *s, rt_message *message)
{
    uint32_t i;
    if (s->state != SOCKET_CONNECTED || message->space != s->space)
        return;
    for (i = 0; i < message->count; i++)
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

int rt_socket_emit_ack(rt_socket *s, const char *name, const json_t *args,
                       const rt_ack_wait *wait)
{
    rt_message_out out = out_for(s, RT_MESSAGE_EVENT);
    debt *d;
    if (s->state != SOCKET_CONNECTED || s->ack_count >= s->space->sio->config.acks_max)
        return 0;
    d = rt_alloc(sizeof(*d));
    d->socket = s;
    d->id = s->last_ack++;
    d->wait = *wait;
    d->timer.fire = debt_expired;
    rt_list_append(&s->acks, &d->link);
    s->ack_count++;
    rt_timer_set(s->space->sio->loop, &d->timer, wait->timeout);
    out.name = name;
    out.data = args;
    out.has_ack = 1;
    out.ack = d->id;
    party_send(s->party, &out);
    return 1;
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

void socket_answer(rt_socket *s, const rt_message_in *m, rt_blobs blobs)
{
    rt_list *at;
    for (at = s->acks.next; at != &s->acks; at = at->next) {
        debt *d = rt_container(at, debt, link);
        if (d->id == m->ack) {
            settle(d, m->data, blobs);
            return;
        }
    }
    /* too late or never asked for: ignored, as in the reference server */
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

void rt_space_each(rt_space *space, void (*visit)(void *data, rt_socket *socket),
                   void *data)
{
    rt_list *at;
    for (at = space->sockets.next; at != &space->sockets; at = at->next) {
        rt_socket *s = rt_container(at, rt_socket, in_space);
        if (s->state == SOCKET_CONNECTED)
            visit(data, s);
    }
}

int rt_socket_is_connected(const rt_socket *s)
{
    return s->state == SOCKET_CONNECTED;
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

const rt_client *rt_socket_client(const rt_socket *s)
{
    return s->party ? rt_session_client(s->party->session) : NULL;
}

void rt_socket_set_user(rt_socket *s, void *user)
{
    s->user = user;
}

void *rt_socket_user(const rt_socket *s)
{
    return s->user;
}
