/* SPDX-License-Identifier: Apache-2.0 */
/* Engine.IO sessions: transports, queue, heartbeat, end. */
#include "chatd/rt/eio_private.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define BUCKETS_FIRST 1024

/* How long a polling client has to fetch the last packets of an ended session. */
#define LINGER_MS 5000

static void run_deferred(rt_defer *defer);
static void on_timer(rt_timer *timer);

void rt_id_make(char id[RT_ID_LEN + 1])
{
    unsigned char bytes[15];
    randombytes_buf(bytes, sizeof(bytes));
    sodium_bin2base64(id, RT_ID_LEN + 1, bytes, sizeof(bytes),
                      sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

/* Ids are ours and random: any of their bits spread them well. */
static unsigned bucket(const rt_eio *eio, const char *id)
{
    uint32_t hash;
    memcpy(&hash, id, sizeof(hash));
    return (hash * 2654435761u >> 7) & (eio->bucket_count - 1);
}

static void table_grow(rt_eio *eio)
{
    rt_list *at;
    free(eio->buckets);
    eio->bucket_count = eio->bucket_count ? 2 * eio->bucket_count : BUCKETS_FIRST;
    eio->buckets = rt_alloc(eio->bucket_count * sizeof(*eio->buckets));
    for (at = eio->sessions.next; at != &eio->sessions; at = at->next) {
        rt_session *s = rt_container(at, rt_session, link);
        rt_session **head = &eio->buckets[bucket(eio, s->id)];
        s->next = *head;
        *head = s;
    }
}

static void table_add(rt_eio *eio, rt_session *s)
{
    rt_session **head;
    if (eio->stats.sessions >= eio->bucket_count)
        table_grow(eio);
    head = &eio->buckets[bucket(eio, s->id)];
    s->next = *head;
    *head = s;
    rt_list_append(&eio->sessions, &s->link);
}

static void table_remove(rt_session *s)
{
    rt_session **at = &s->eio->buckets[bucket(s->eio, s->id)];
    while (*at && *at != s)
        at = &(*at)->next;
    if (*at)
        *at = s->next;
    rt_list_remove(&s->link);
}

rt_session *session_find(const rt_eio *eio, const char *id, size_t len)
{
    rt_session *s;
    if (len != RT_ID_LEN || !eio->bucket_count)
        return NULL;
    for (s = eio->buckets[bucket(eio, id)]; s; s = s->next) {
        if (sodium_memcmp(s->id, id, RT_ID_LEN) == 0)
            return s;
    }
    return NULL;
}

static rt_loop *loop_of(const rt_session *s)
{
    return rt_server_loop(s->eio->server);
}

static void queue_clear(rt_session *s)
{
    for (uint32_t i = 0; i < s->queue_len; i++)
        rt_packet_unref(s->queue[i]);
    free(s->queue);
    s->queue = NULL;
    s->queue_len = s->queue_cap = s->backlog = 0;
}

static void queue_add(rt_session *s, rt_packet *packet)
{
    if (s->queue_len == s->queue_cap) {
        s->queue_cap = s->queue_cap ? 2 * s->queue_cap : 4;
        s->queue = rt_resize(s->queue, s->queue_cap * sizeof(*s->queue));
    }
    s->queue[s->queue_len++] = rt_packet_ref(packet);
    s->backlog += (uint32_t)rt_packet_size(packet) + RT_STREAM_OVERHEAD;
}

static void queue_type(rt_session *s, rt_packet_type type)
{
    rt_packet *packet = rt_packet_text(type, "");
    queue_add(s, packet);
    rt_packet_unref(packet);
}

static rt_payload_form form_of(const rt_session *s)
{
    if (s->revision == 4)
        return RT_PAYLOAD_V4;
    for (uint32_t i = 0; i < s->queue_len && !s->base64; i++) {
        if (s->queue[i]->binary)
            return RT_PAYLOAD_V3_BINARY;
    }
    return RT_PAYLOAD_V3;
}

/* Answers the waiting poll with everything that is queued. */
static void answer_poll(rt_session *s)
{
    rt_payload_form form = form_of(s);
    rt_text body = {0};
    rt_answer answer = {.status = 200, .body = &body};
    rt_conn *conn = s->conn;
    answer.type = form == RT_PAYLOAD_V3_BINARY ? "application/octet-stream"
                                               : "text/plain; charset=UTF-8";
    for (uint32_t i = 0; i < s->queue_len; i++)
        rt_payload_add(&body, s->queue[i], form);
    queue_clear(s);
    s->conn = NULL;
    session_hold(s);
    rt_conn_respond(conn, &answer);
}

static void schedule(rt_session *s)
{
    rt_defer_call(loop_of(s), &s->defer, run_deferred);
}

unsigned session_payload_max(const rt_session *s)
{
    const rt_eio_config *config = &s->eio->config;
    return s->stranger ? config->stranger_payload : config->max_payload;
}

/* A queue that the next round gives to a waiting poll is not held. */
int session_hold(rt_session *s)
{
    size_t bytes = s->kept + (s->conn ? 0 : s->backlog) + (s->inbox ? s->inbox->len : 0);
    return rt_client_hold(s->client, &s->held, bytes);
}

void rt_session_keep(rt_session *s, size_t bytes)
{
    s->kept = bytes;
    if (!session_hold(s))
        session_end(s, RT_REASON_LIMIT, 0);
}

void rt_session_send(rt_session *s, rt_packet *packet)
{
    if (s->state != SESSION_OPEN)
        return;
    s->packets_out++;
    s->bytes_out += packet->frame->len - packet->body;
    if (s->websocket) {
        rt_conn_send(s->conn, rt_packet_frame(packet, s->revision));
        return;
    }
    if (s->backlog + (uint64_t)rt_packet_size(packet) + RT_STREAM_OVERHEAD >
        rt_server_settings(s->eio->server)->backlog_max) {
        session_end(s, RT_REASON_SLOW, 0);
        return;
    }
    queue_add(s, packet);
    if (s->conn)
        schedule(s);
    else if (!session_hold(s))
        session_end(s, RT_REASON_SLOW, 0);
}

static void send_type(rt_session *s, rt_packet_type type)
{
    rt_packet *packet = rt_packet_text(type, "");
    rt_session_send(s, packet);
    rt_packet_unref(packet);
}

static void send_open(rt_session *s)
{
    const rt_eio_config *config = &s->eio->config;
    rt_packet *packet;
    rt_text text = {0};
    rt_text_gap(&text, RT_WS_HEAD_MAX);
    rt_text_puts(&text, "0{\"sid\":\"");
    rt_text_puts(&text, s->id);
    rt_text_puts(&text,
                 s->websocket ? "\",\"upgrades\":[]" : "\",\"upgrades\":[\"websocket\"]");
    rt_text_puts(&text, ",\"pingInterval\":");
    rt_text_number(&text, config->ping_interval);
    rt_text_puts(&text, ",\"pingTimeout\":");
    rt_text_number(&text, config->ping_timeout);
    rt_text_puts(&text, ",\"maxPayload\":");
    rt_text_number(&text, config->max_payload);
    rt_text_puts(&text, "}");
    packet = rt_packet_take(&text);
    rt_session_send(s, packet);
    rt_packet_unref(packet);
}

void session_end_post(rt_session *s)
{
    rt_conn *conn = s->post;
    rt_text body = {0};
    if (!s->inbox)
        return;
    rt_turn_clear(&s->turn);
    rt_payload_end(&s->inbox->payload);
    free(s->inbox->body);
    free(s->inbox);
    s->inbox = NULL;
    s->post = NULL;
    session_hold(s);
    if (!conn)
        return;
    rt_conn_own(conn, NULL, NULL);
    if (s->state == SESSION_ENDED && s->reason == RT_REASON_PARSE) {
        rt_conn_refuse(conn, 400, EIO_BAD_REQUEST_TEXT);
        return;
    }
    rt_text_puts(&body, "ok");
    /* text/html as in the reference server: some old browsers offer anything else as a
     * download */
    rt_conn_respond(conn,
                    &(rt_answer){.status = 200, .type = "text/html", .body = &body});
}

void session_free(rt_session *s)
{
    rt_timer_clear(&s->timer);
    session_end_post(s);
    table_remove(s);
    queue_clear(s);
    rt_client_hold(s->client, &s->held, 0);
    rt_client_unref(s->client);
    free(s);
}

static void tell_app(rt_session *s)
{
    const rt_eio_config *config = &s->eio->config;
    rt_session_end end = {
        .reason = s->reason,
        .revision = s->revision,
        .websocket = s->websocket,
        .upgraded = s->upgraded,
        .packets_in = s->packets_in,
        .packets_out = s->packets_out,
        .bytes_in = s->bytes_in,
        .bytes_out = s->bytes_out,
        .duration = rt_loop_now(loop_of(s)) - s->opened,
    };
    s->told = 1;
    config->ops->closed(config->app, s, &end);
}

static void run_deferred(rt_defer *defer)
{
    rt_session *s = rt_container(defer, rt_session, defer);
    if (s->state != SESSION_OPEN && !s->told)
        tell_app(s);
    if (s->conn && !s->websocket && s->queue_len)
        answer_poll(s);
    if (s->state == SESSION_ENDED)
        session_free(s);
}

/* Forgets a connection without touching what becomes of it. */
static rt_conn *detach(rt_conn **slot)
{
    rt_conn *conn = *slot;
    *slot = NULL;
    if (conn)
        rt_conn_own(conn, NULL, NULL);
    return conn;
}

static void end_polling(rt_session *s, int orderly)
{
    if (!orderly)
        queue_clear(s);
    queue_type(s, s->last);
    if (s->conn)
        answer_poll(s);
    else if (orderly) {
        s->state = SESSION_LINGERING;
        rt_timer_set(loop_of(s), &s->timer, LINGER_MS);
    }
}

void session_end(rt_session *s, rt_reason reason, int orderly)
{
    rt_conn *conn;
    if (s->state != SESSION_OPEN)
        return;
    rt_session_trust(s);
    s->eio->stats.sessions--;
    s->eio->stats.websockets -= s->websocket;
    s->state = SESSION_ENDED;
    s->reason = (uint8_t)reason;
    s->last = s->last ? s->last : RT_PACKET_CLOSE;
    rt_timer_clear(&s->timer);
    if (!s->inbox)
        detach(&s->post);
    if ((conn = detach(&s->probe)))
        rt_conn_end(conn, 1000, reason);
    if (s->websocket) {
        if ((conn = detach(&s->conn)))
            rt_conn_end(conn, reason == RT_REASON_SHUTDOWN ? 1001 : 1000, reason);
    }
    else
        end_polling(s, orderly);
    schedule(s);
}

void rt_session_close(rt_session *s, rt_reason reason)
{
    session_end(s, reason, 1);
}

void rt_session_trust(rt_session *s)
{
    if (!s->stranger)
        return;
    s->stranger = 0;
    rt_peer_take(s->client->peer, RT_PEER_STRANGERS, 1);
    s->eio->stats.strangers--;
    if (s->websocket && s->conn)
        rt_conn_allow(s->conn, session_payload_max(s));
    if (s->probe)
        rt_conn_allow(s->probe, session_payload_max(s));
}

static void start_heartbeat(rt_session *s)
{
    const rt_eio_config *config = &s->eio->config;
    uint64_t delay = config->ping_interval;
    if (s->revision == 3)
        delay += config->ping_timeout;
    s->ponging = 0;
    rt_timer_set(loop_of(s), &s->timer, delay);
}

static void on_timer(rt_timer *timer)
{
    rt_session *s = rt_container(timer, rt_session, timer);
    if (s->state == SESSION_LINGERING) {
        s->state = SESSION_ENDED;
        schedule(s);
    }
    else if (s->revision == 3 || s->ponging)
        session_end(s, RT_REASON_PING, 0);
    else {
        s->ponging = 1;
        rt_timer_set_at(loop_of(s), timer, timer->due + s->eio->config.ping_timeout);
        send_type(s, RT_PACKET_PING);
    }
}

static void heartbeat(rt_session *s, const rt_packet_in *packet)
{
    int right = (packet->type == RT_PACKET_PING) == (s->revision == 3);
    if (!right) {
        session_end(s, RT_REASON_PARSE, 0);
        return;
    }
    start_heartbeat(s);
    if (s->revision == 3)
        send_type(s, RT_PACKET_PONG);
}

void session_received(rt_session *s, const rt_packet_in *packet)
{
    const rt_eio_config *config = &s->eio->config;
    if (s->state != SESSION_OPEN)
        return;
    s->packets_in++;
    s->bytes_in += packet->len + 1;
    if (packet->type == RT_PACKET_MESSAGE)
        config->ops->message(config->app, s, packet->binary, packet->data, packet->len);
    else if (packet->type == RT_PACKET_PING || packet->type == RT_PACKET_PONG)
        heartbeat(s, packet);
    else if (packet->type == RT_PACKET_CLOSE) {
        s->last = RT_PACKET_NOOP;
        session_end(s, RT_REASON_PEER, 1);
    }
    /* the others have no meaning here; the reference server ignores them too */
}

static void ws_message(rt_conn *conn, int binary, uint8_t *bytes, size_t len)
{
    rt_session *s = rt_conn_owner(conn);
    rt_packet_in packet;
    if (rt_packet_decode(s->revision, binary, bytes, len, &packet))
        session_received(s, &packet);
    else
        session_end(s, RT_REASON_PARSE, 0);
}

static void transport_closed(rt_conn *conn, rt_reason reason)
{
    rt_session *s = rt_conn_owner(conn);
    s->conn = NULL;
    session_end(s, reason, 0);
}

static const rt_conn_ops ws_ops = {ws_message, transport_closed};
static const rt_conn_ops poll_ops = {NULL, transport_closed};

static void post_closed(rt_conn *conn, rt_reason reason)
{
    rt_session *s = rt_conn_owner(conn);
    s->post = NULL;
    session_end(s, reason, 0);
}

static const rt_conn_ops post_ops = {NULL, post_closed};

/* The client has sent its last packet on the old transport; switch to the new one. */
static void upgrade(rt_session *s)
{
    rt_conn *conn = s->probe;
    if (s->conn) {
        rt_packet **queue = s->queue;
        uint32_t len = s->queue_len;
        s->queue = NULL;
        s->queue_len = s->queue_cap = s->backlog = 0;
        queue_type(s, RT_PACKET_NOOP);
        answer_poll(s);
        s->queue = queue;
        s->queue_len = s->queue_cap = len;
    }
    s->probe = NULL;
    s->conn = conn;
    s->websocket = s->upgraded = 1;
    s->eio->stats.websockets++;
    rt_conn_expire(conn, 0);
    rt_conn_own(conn, &ws_ops, s);
    for (uint32_t i = 0; i < s->queue_len; i++)
        rt_conn_send(conn, rt_packet_frame(s->queue[i], s->revision));
    queue_clear(s);
}

static void probe_message(rt_conn *conn, int binary, uint8_t *bytes, size_t len)
{
    rt_session *s = rt_conn_owner(conn);
    rt_packet_in packet;
    int known = rt_packet_decode(s->revision, binary, bytes, len, &packet);
    if (known && packet.type == RT_PACKET_PING && packet.len == 5 &&
        memcmp(packet.data, "probe", 5) == 0) {
        rt_packet *pong = rt_packet_text(RT_PACKET_PONG, "probe");
        rt_conn_send(conn, rt_packet_frame(pong, s->revision));
        rt_packet_unref(pong);
        s->probed = 1;
        if (s->conn && !s->queue_len) {
            queue_type(s, RT_PACKET_NOOP);
            schedule(s);
        }
    }
    else if (known && packet.type == RT_PACKET_UPGRADE)
        upgrade(s);
    else {
        detach(&s->probe);
        rt_conn_end(conn, 1000, RT_REASON_PARSE);
    }
}

static void probe_closed(rt_conn *conn, rt_reason reason)
{
    rt_session *s = rt_conn_owner(conn);
    (void)reason;
    s->probe = NULL;
    s->probed = 0;
}

static const rt_conn_ops probe_ops = {probe_message, probe_closed};

void session_poll(rt_session *s, rt_conn *conn)
{
    s->conn = conn;
    session_hold(s);
    rt_conn_own(conn, &poll_ops, s);
    if (s->state == SESSION_LINGERING)
        s->state = SESSION_ENDED;
    else if (s->probe && s->probed && !s->queue_len)
        queue_type(s, RT_PACKET_NOOP);
    if (s->queue_len)
        schedule(s);
    else if (s->state == SESSION_OPEN)
        rt_conn_waits(conn);
}

void session_probe(rt_session *s, rt_conn *conn)
{
    s->probe = conn;
    s->probed = 0;
    rt_conn_own(conn, &probe_ops, s);
    rt_conn_expire(conn, s->eio->config.upgrade_timeout);
}

void session_post(rt_session *s, rt_conn *conn)
{
    s->post = conn;
    rt_conn_own(conn, &post_ops, s);
}

rt_session *session_create(rt_eio *eio, rt_conn *conn, const rt_session_start *start)
{
    rt_session *s = rt_alloc(sizeof(*s));
    rt_id_make(s->id);
    s->eio = eio;
    s->client = rt_client_ref(conn->client);
    s->revision = (uint8_t)start->revision;
    s->websocket = start->websocket;
    s->base64 = start->base64;
    s->timer.fire = on_timer;
    s->conn = conn;
    s->opened = rt_loop_now(loop_of(s));
    s->stranger = 1;
    rt_peer_add(s->client->peer, RT_PEER_STRANGERS, 1);
    eio->stats.strangers++;
    table_add(eio, s);
    eio->stats.sessions++;
    eio->stats.websockets += s->websocket;
    rt_conn_own(conn, s->websocket ? &ws_ops : &poll_ops, s);
    send_open(s);
    start_heartbeat(s);
    eio->config.ops->open(eio->config.app, s);
    return s;
}

const char *rt_session_id(const rt_session *s)
{
    return s->id;
}

unsigned rt_session_revision(const rt_session *s)
{
    return s->revision;
}

const rt_client *rt_session_client(const rt_session *s)
{
    return s->client;
}

void rt_session_set_user(rt_session *s, void *user)
{
    s->user = user;
}

void *rt_session_user(const rt_session *s)
{
    return s->user;
}
