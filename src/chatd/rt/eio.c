/* SPDX-License-Identifier: Apache-2.0 */
/* Engine.IO requests: handshakes, polls, posts, upgrades. */
#include "chatd/rt/eio.h"

#include "chatd/rt/eio_private.h"

#include <stdlib.h>
#include <string.h>

static long on_head(rt_endpoint *endpoint, rt_conn *conn, const rt_http_request *request);
static void on_request(rt_endpoint *endpoint, rt_conn *conn,
                       const rt_http_request *request);

static void fill(unsigned *value, unsigned standard)
{
    if (!*value)
        *value = standard;
}

rt_eio *rt_eio_create(rt_server *server, const rt_eio_config *config)
{
    rt_eio *eio = rt_alloc(sizeof(*eio));
    eio->server = server;
    eio->config = *config;
    eio->endpoint.head = on_head;
    eio->endpoint.request = on_request;
    rt_list_init(&eio->sessions);
    fill(&eio->config.ping_interval, 25000);
    fill(&eio->config.ping_timeout, 20000);
    fill(&eio->config.upgrade_timeout, 10000);
    fill(&eio->config.max_payload, 1000000);
    fill(&eio->config.stranger_payload, 16384);
    return eio;
}

rt_endpoint *rt_eio_endpoint(rt_eio *eio)
{
    return &eio->endpoint;
}

void rt_eio_shutdown(rt_eio *eio)
{
    rt_list *at;
    for (at = eio->sessions.next; at != &eio->sessions; at = at->next)
        session_end(rt_container(at, rt_session, link), RT_REASON_SHUTDOWN, 0);
}

void rt_eio_destroy(rt_eio *eio)
{
    if (!eio)
        return;
    while (!rt_list_empty(&eio->sessions)) {
        rt_session *s = rt_container(eio->sessions.next, rt_session, link);
        session_free(s);
    }
    free(eio->buckets);
    free(eio);
}

const rt_eio_stats *rt_eio_counts(const rt_eio *eio)
{
    return &eio->stats;
}

static void refuse(rt_conn *conn, unsigned code)
{
    static const char *const bodies[] = {
        [EIO_UNKNOWN_TRANSPORT] = "{\"code\":0,\"message\":\"Transport unknown\"}",
        [EIO_UNKNOWN_SID] = "{\"code\":1,\"message\":\"Session ID unknown\"}",
        [EIO_BAD_METHOD] = "{\"code\":2,\"message\":\"Bad handshake method\"}",
        [EIO_BAD_REQUEST] = EIO_BAD_REQUEST_TEXT,
        [EIO_FORBIDDEN] = "{\"code\":4,\"message\":\"Forbidden\"}",
        [EIO_BAD_VERSION] = "{\"code\":5,\"message\":\"Unsupported protocol version\"}",
        [EIO_NO_JSONP] =
            ("{\"code\":3,\"message\":\"JSONP polling (the parameter j) is not "
             "supported: use polling or websocket\"}"),
    };
    rt_conn_refuse(conn, code == EIO_FORBIDDEN ? 403 : 400, bodies[code]);
}

/* Checks what every request must have, in the reference server's order. -1, or the code
 * of the error. *S becomes NULL for a handshake. */
static int verify(const rt_eio *eio, const rt_http_request *r, rt_session **s)
{
    rt_span transport = rt_http_param(r, "transport"), sid = rt_http_param(r, "sid");
    int websocket = rt_span_is(transport, "websocket"), upgrade = rt_ws_wanted(r);
    *s = NULL;
    if (!websocket && !rt_span_is(transport, "polling"))
        return EIO_UNKNOWN_TRANSPORT;
    if (sid.at && sid.len) {
        int poll = !websocket && rt_span_is(r->method, "GET");
        *s = session_find(eio, sid.at, sid.len);
        if (!*s || (*s)->state == SESSION_ENDED ||
            ((*s)->state == SESSION_LINGERING && !poll))
            return EIO_UNKNOWN_SID;
        if (!upgrade && (*s)->websocket != websocket)
            return EIO_BAD_REQUEST;
    }
    else if (!rt_span_is(r->method, "GET"))
        return EIO_BAD_METHOD;
    else if (rt_http_param(r, "j").at)
        return EIO_NO_JSONP;
    return websocket == upgrade ? -1 : EIO_BAD_REQUEST;
}

static int is_binary(const rt_http_request *r)
{
    return rt_span_is_nocase(rt_http_find(r, "Content-Type"), "application/octet-stream");
}

/* A post is checked before its body is read: only a session may send one. */
static long on_head(rt_endpoint *endpoint, rt_conn *conn, const rt_http_request *r)
{
    rt_eio *eio = rt_container(endpoint, rt_eio, endpoint);
    rt_session *s;
    int code;
    if (!rt_span_is(r->method, "POST"))
        return 0;
    code = verify(eio, r, &s);
    if (code < 0 && s->post) {
        session_end(s, RT_REASON_OVERLAP, 0);
        code = EIO_BAD_REQUEST;
    }
    else if (code < 0 && s->revision == 4 && is_binary(r)) {
        session_end(s, RT_REASON_PARSE, 0);
        code = EIO_BAD_REQUEST;
    }
    if (code >= 0) {
        refuse(conn, (unsigned)code);
        return -1;
    }
    session_post(s, conn);
    return session_payload_max(s);
}

/* Handles packets of the inbox until the share of this round is used up. */
static void read_inbox(rt_session *s)
{
    rt_loop *loop = rt_server_loop(s->eio->server);
    rt_share share = rt_share_start(loop);
    rt_packet_in packet;
    int more = 0;
    while (s->state == SESSION_OPEN &&
           (more = rt_payload_next(&s->inbox->payload, &packet)) > 0) {
        session_received(s, &packet);
        if (rt_share_used(&share)) {
            rt_turn_wait(loop, &s->turn);
            return;
        }
    }
    if (more < 0 && s->state == SESSION_OPEN)
        session_end(s, RT_REASON_PARSE, 0);
    session_end_post(s);
}

static void on_turn(rt_turn *turn)
{
    read_inbox(rt_container(turn, rt_session, turn));
}

static void on_post(rt_conn *conn, const rt_http_request *r)
{
    rt_session *s = rt_conn_owner(conn);
    rt_payload_form form;
    if (!s) {
        refuse(conn, EIO_UNKNOWN_SID);
        return;
    }
    form = s->revision == 4 ? RT_PAYLOAD_V4
           : is_binary(r)   ? RT_PAYLOAD_V3_BINARY
                            : RT_PAYLOAD_V3;
    s->turn.run = on_turn;
    s->inbox = rt_alloc(sizeof(*s->inbox));
    s->inbox->len = r->body_len;
    s->inbox->body = rt_http_take_body(conn->parser);
    if (!session_hold(s))
        session_end(s, RT_REASON_LIMIT, 0);
    else if (!rt_payload_start(&s->inbox->payload, form, s->inbox->body, s->inbox->len))
        session_end(s, RT_REASON_PARSE, 0);
    read_inbox(s);
}

static unsigned revision_of(const rt_eio *eio, const rt_http_request *r)
{
    rt_span value = rt_http_param(r, "EIO");
    if (rt_span_is(value, "4"))
        return 4;
    /* clients older than the parameter, or with revision 2 in it, speak revision 3 */
    return eio->config.revision_3 &&
                   (!value.at || rt_span_is(value, "2") || rt_span_is(value, "3"))
               ? 3
               : 0;
}

static int has_room(const rt_eio *eio, const rt_conn *conn)
{
    unsigned max = eio->config.strangers_per_peer;
    return !max || rt_peer_below(rt_conn_client(conn)->peer, RT_PEER_STRANGERS, max);
}

static void keep_origin(rt_conn *conn, const rt_http_request *r)
{
    rt_span origin = rt_http_find(r, "Origin");
    if (!origin.at)
        return;
    free(conn->client->origin);
    conn->client->origin = rt_strndup(origin.at, origin.len);
}

static void handshake(rt_eio *eio, rt_conn *conn, const rt_http_request *r)
{
    rt_session_start start = {
        .revision = revision_of(eio, r),
        .websocket = rt_span_is(rt_http_param(r, "transport"), "websocket"),
        .base64 = rt_http_param(r, "b64").at != NULL,
    };
    unsigned status;
    if (!start.revision) {
        refuse(conn, EIO_BAD_VERSION);
        return;
    }
    if (!has_room(eio, conn)) {
        rt_conn_refuse(conn, 403, "{\"code\":4,\"message\":\"Too many connections\"}");
        return;
    }
    keep_origin(conn, r);
    if (start.websocket &&
        (status = rt_conn_upgrade(conn, r, eio->config.stranger_payload)) != 0) {
        rt_conn_refuse(conn, status, EIO_BAD_REQUEST_TEXT);
        return;
    }
    session_create(eio, conn, &start);
}

static void on_probe(rt_session *s, rt_conn *conn, const rt_http_request *r)
{
    unsigned status = rt_conn_upgrade(conn, r, session_payload_max(s));
    if (status)
        rt_conn_refuse(conn, status, EIO_BAD_REQUEST_TEXT);
    else if (s->websocket || s->probe)
        rt_conn_end(conn, 1000, RT_REASON_OVERLAP);
    else
        session_probe(s, conn);
}

static void on_request(rt_endpoint *endpoint, rt_conn *conn, const rt_http_request *r)
{
    rt_eio *eio = rt_container(endpoint, rt_eio, endpoint);
    rt_session *s;
    int code;
    if (rt_span_is(r->method, "POST")) {
        on_post(conn, r);
        return;
    }
    code = verify(eio, r, &s);
    if (code < 0 && !rt_span_is(r->method, "GET"))
        code = EIO_BAD_REQUEST;
    if (code >= 0)
        refuse(conn, (unsigned)code);
    else if (!s)
        handshake(eio, conn, r);
    else if (rt_ws_wanted(r))
        on_probe(s, conn, r);
    else if (s->conn) {
        session_end(s, RT_REASON_OVERLAP, 0);
        refuse(conn, EIO_BAD_REQUEST);
    }
    else
        session_poll(s, conn);
}
