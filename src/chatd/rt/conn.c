/* SPDX-License-Identifier: Apache-2.0 */
/* One client connection: HTTP requests, then perhaps a WebSocket. */
#include "chatd/rt/conn.h"

#include <apr_time.h>
#include <stdlib.h>
#include <string.h>

enum { READING, ANSWERING, WEBSOCKET };

/* A browser sends a message in one frame; libraries that stream use some dozens. */
#define FRAGMENTS_MAX 1024

/* Pause between the handshake's answer and the first message: clients that begin to
 * listen only when they have seen "open" lose a message that arrives in the same read. */
#define FIRST_MESSAGE_MS 4

static void on_data(rt_stream *stream, uint8_t *bytes, size_t len);
static void on_turn(rt_turn *turn);
static void on_timeout(rt_stream *stream);
static void on_closed(rt_stream *stream, rt_reason reason);

static const rt_stream_ops stream_ops = {on_data, on_timeout, on_closed};

static void uncount(rt_conn *c)
{
    if (c->counted)
        rt_peer_take(c->client->peer, RT_PEER_REQUESTS, 1);
    c->counted = 0;
}

rt_conn *rt_conn_create(rt_server *server, const rt_arrival *arrival)
{
    const rt_server_config *config = rt_server_settings(server);
    rt_client *client = arrival->client;
    rt_conn *c = rt_alloc(sizeof(*c));
    c->server = server;
    c->stream.backlog_max = config->backlog_max;
    c->stream.tls = arrival->tls;
    if (rt_stream_open(&c->stream, rt_server_loop(server), arrival->fd, &stream_ops)) {
        free(c);
        return NULL;
    }
    c->client = client;
    c->stream.client = client;
    c->turn.run = on_turn;
    c->counted = 1;
    rt_peer_add(client->peer, RT_PEER_REQUESTS, 1);
    rt_peer_add(client->peer, RT_PEER_CONNS, 1);
    rt_stream_timeout(&c->stream, config->head_timeout);
    rt_server_joined(server, c);
    return c;
}

static void destroy(rt_conn *c)
{
    uncount(c);
    rt_client_hold(c->client, &c->held, 0);
    rt_peer_take(c->client->peer, RT_PEER_CONNS, 1);
    rt_http_destroy(c->parser);
    rt_ws_destroy(c->decoder);
    rt_buf_unref(c->surplus);
    rt_client_unref(c->client);
    free(c->cors);
    free(c);
}

static void tell_owner(rt_conn *c, rt_reason reason)
{
    const rt_conn_ops *ops = c->ops;
    c->ops = NULL;
    if (ops)
        ops->closed(c, reason);
}

static void on_closed(rt_stream *stream, rt_reason reason)
{
    rt_conn *c = rt_container(stream, rt_conn, stream);
    tell_owner(c, reason);
    rt_list_remove(&c->link);
    rt_turn_clear(&c->turn);
    c->gone = 1;
    if (!c->later.run)
        destroy(c);
}

void rt_conn_own(rt_conn *c, const rt_conn_ops *ops, void *owner)
{
    c->ops = ops;
    c->owner = owner;
}

void *rt_conn_owner(const rt_conn *c)
{
    return c->owner;
}

const rt_client *rt_conn_client(const rt_conn *c)
{
    return c->client;
}

void rt_conn_set_query(rt_conn *c, rt_span query)
{
    rt_http_set_query(c->parser, query);
}

void rt_conn_set_client(rt_conn *c, rt_client *client)
{
    int counted = c->counted;
    uncount(c);
    rt_client_hold(c->client, &c->held, 0);
    rt_client_hold(c->client, &c->stream.charged, 0);
    rt_peer_take(c->client->peer, RT_PEER_CONNS, 1);
    rt_client_unref(c->client);
    c->client = c->stream.client = client;
    rt_peer_add(client->peer, RT_PEER_CONNS, 1);
    c->counted = counted;
    if (counted)
        rt_peer_add(client->peer, RT_PEER_REQUESTS, 1);
}

/* Remembers an allowed Origin for the answer. False: it is not allowed. */
static int check_origin(rt_conn *c, const rt_http_request *r)
{
    const rt_server_config *config = rt_server_settings(c->server);
    rt_span origin = rt_http_find(r, "Origin");
    free(c->cors);
    c->cors = NULL;
    if (!origin.at)
        return 1;
    c->cors = rt_strndup(origin.at, origin.len);
    if (!config->origin_allowed ||
        config->origin_allowed(config->app, c->client, r, c->cors))
        return 1;
    free(c->cors);
    c->cors = NULL;
    return 0;
}

static void preflight(rt_conn *c)
{
    rt_conn_respond(c, &(rt_answer){
                           .status = 204,
                           .headers = "Access-Control-Allow-Methods: GET, POST\r\n"
                                      "Access-Control-Allow-Headers: Content-Type\r\n"
                                      "Access-Control-Max-Age: 600\r\n",
                       });
}

static void on_head(rt_conn *c)
{
    const rt_server_config *config = rt_server_settings(c->server);
    const rt_http_request *r = rt_http_parsed(c->parser);
    long max;
    /* after a refused WebSocket the client would speak to us past httpd */
    c->keep_alive = r->keep_alive && !c->client->once && !rt_ws_wanted(r);
    c->bodyless = rt_span_is(r->method, "HEAD");
    c->endpoint = config->route(config->app, c, r);
    if (!rt_peer_below(c->client->peer, RT_PEER_REQUESTS,
                       config->requests_per_peer + 1) &&
        strcmp(c->client->address, RT_ADDRESS_UNIX) != 0)
        rt_conn_refuse(c, 503, "Too many requests from this address");
    else if (!c->endpoint)
        rt_conn_refuse(c, 404, "Not Found");
    else if (!check_origin(c, r))
        rt_conn_refuse(c, 403, "{\"code\":4,\"message\":\"Forbidden\"}");
    else if (rt_span_is(r->method, "OPTIONS"))
        preflight(c);
    else if ((max = c->endpoint->head(c->endpoint, c, r)) >= 0) {
        rt_http_limit_body(c->parser, (size_t)max);
        if (!r->has_body)
            return;
        if (r->expects_continue)
            rt_stream_write(&c->stream, rt_buf_copy("HTTP/1.1 100 Continue\r\n\r\n", 25));
        rt_stream_timeout(&c->stream, config->body_timeout);
    }
}

static void on_request(rt_conn *c)
{
    c->mode = ANSWERING;
    rt_stream_timeout(&c->stream, 0);
    c->endpoint->request(c->endpoint, c, rt_http_parsed(c->parser));
    /* an answer that is still to come needs nothing of the request */
    rt_http_destroy(c->parser);
    c->parser = NULL;
    if (c->mode == ANSWERING)
        rt_stream_pause(&c->stream, 1);
}

static void on_bad_request(rt_conn *c)
{
    unsigned status = rt_http_status(c->parser);
    tell_owner(c, status == 413 ? RT_REASON_TOO_LARGE : RT_REASON_PARSE);
    rt_conn_respond(c, &(rt_answer){.status = status, .close = 1});
}

/* Reads from one request; returns the bytes used. */
static size_t read_request(rt_conn *c, const uint8_t *bytes, size_t len)
{
    const rt_server_config *config = rt_server_settings(c->server);
    size_t used, all = 0;
    rt_http_result result;
    if (!c->parser) {
        c->parser = rt_http_create((rt_http_limits){config->head_max, config->body_max});
        rt_stream_timeout(&c->stream, config->head_timeout);
    }
    do {
        result = rt_http_feed(c->parser, bytes + all, len - all, &used);
        all += used;
        if (result == RT_HTTP_HEAD)
            on_head(c);
        else if (result == RT_HTTP_DONE)
            on_request(c);
        else if (result == RT_HTTP_BAD)
            on_bad_request(c);
    } while (result == RT_HTTP_HEAD && rt_stream_is_open(&c->stream) && c->parser);
    return all;
}

static void keep_surplus(rt_conn *c, const uint8_t *bytes, size_t len)
{
    rt_text all = {0};
    if (c->surplus)
        rt_text_add(&all, rt_buf_bytes(c->surplus), c->surplus->len);
    rt_text_add(&all, bytes, len);
    rt_buf_unref(c->surplus);
    c->surplus = rt_text_take(&all);
}

static void control_frame(rt_conn *c, rt_ws_result result, const rt_ws_event *event)
{
    if (result == RT_WS_PING)
        rt_conn_send(c, rt_ws_frame_copy(RT_WS_OP_PONG, event->data, event->len));
    else if (result == RT_WS_CLOSE)
        rt_conn_end(c, event->code == 1005 ? 1000 : event->code, RT_REASON_PEER);
    else if (result == RT_WS_BAD)
        rt_conn_end(c, event->code,
                    event->code == 1009 ? RT_REASON_TOO_LARGE : RT_REASON_PARSE);
}

/* The rest waits for the next turn when the share of a round is used up. */
static void read_frames(rt_conn *c, uint8_t *bytes, size_t len)
{
    rt_share share = rt_share_start(c->stream.loop);
    int used_up = 0;
    size_t used;
    rt_ws_event event;
    rt_ws_result result;
    if (!c->decoder)
        c->decoder = rt_ws_create((rt_ws_limits){c->ws_message_max, FRAGMENTS_MAX});
    while (len && !used_up && rt_stream_is_open(&c->stream) && !c->closing) {
        result = rt_ws_feed(c->decoder, bytes, len, &used, &event);
        bytes += used;
        len -= used;
        if (result == RT_WS_TEXT || result == RT_WS_BINARY) {
            if (c->ops)
                c->ops->message(c, result == RT_WS_BINARY, event.data, event.len);
        }
        else if (result != RT_WS_MORE)
            control_frame(c, result, &event);
        used_up = rt_share_used(&share);
    }
    if (len && rt_stream_is_open(&c->stream) && !c->closing) {
        keep_surplus(c, bytes, len);
        rt_stream_pause(&c->stream, RT_STREAM_DEAF);
        rt_turn_wait(c->stream.loop, &c->turn);
    }
    if (rt_ws_idle(c->decoder)) {
        rt_ws_destroy(c->decoder);
        c->decoder = NULL;
    }
}

static void take_bytes(rt_conn *c, uint8_t *bytes, size_t len)
{
    while (len && rt_stream_is_open(&c->stream)) {
        size_t used;
        if (c->mode == ANSWERING || c->surplus) {
            keep_surplus(c, bytes, len);
            return;
        }
        if (c->mode == WEBSOCKET) {
            read_frames(c, bytes, len);
            return;
        }
        used = read_request(c, bytes, len);
        bytes += used;
        len -= used;
    }
}

static void on_data(rt_stream *stream, uint8_t *bytes, size_t len)
{
    rt_conn *c = rt_container(stream, rt_conn, stream);
    take_bytes(c, bytes, len);
    if (!rt_client_hold(c->client, &c->held,
                        rt_http_held(c->parser) + rt_ws_held(c->decoder) +
                            (c->surplus ? c->surplus->len : 0)))
        rt_stream_close(stream, RT_REASON_LIMIT);
}

static void take_surplus(rt_conn *c)
{
    rt_buf *surplus = c->surplus;
    c->surplus = NULL;
    if (surplus)
        on_data(&c->stream, rt_buf_bytes(surplus), surplus->len);
    rt_buf_unref(surplus);
}

static void on_turn(rt_turn *turn)
{
    rt_conn *c = rt_container(turn, rt_conn, turn);
    if (c->mode == WEBSOCKET)
        rt_stream_pause(&c->stream, 0);
    take_surplus(c);
}

static void on_timeout(rt_stream *stream)
{
    rt_conn *c = rt_container(stream, rt_conn, stream);
    if (c->mode == READING && c->parser && rt_http_started(c->parser)) {
        tell_owner(c, RT_REASON_REQUEST_TIMEOUT);
        rt_conn_respond(c, &(rt_answer){.status = 408, .close = 1});
    }
    else
        rt_stream_close(stream, RT_REASON_REQUEST_TIMEOUT);
}

/* Work that must not run inside a call of the owner: reporting that the connection ended,
 * and parsing bytes that came with an adopted descriptor. */
static void later(rt_defer *defer)
{
    rt_conn *c = rt_container(defer, rt_conn, later);
    if (c->gone) {
        destroy(c);
        return;
    }
    if (c->closing)
        tell_owner(c, c->end_reason);
    else
        take_surplus(c);
}

void rt_conn_feed(rt_conn *c, const void *bytes, size_t len)
{
    if (!len)
        return;
    keep_surplus(c, bytes, len);
    rt_defer_call(c->stream.loop, &c->later, later);
}

static void write_head(rt_text *out, const rt_conn *c, const rt_answer *answer, int close)
{
    char date[APR_RFC822_DATE_LEN];
    rt_text_puts(out, "HTTP/1.1 ");
    rt_text_number(out, answer->status);
    rt_text_putc(out, ' ');
    rt_text_puts(out, rt_http_phrase(answer->status));
    if (answer->type) {
        rt_text_puts(out, "\r\nContent-Type: ");
        rt_text_puts(out, answer->type);
    }
    if (answer->status != 204) {
        rt_text_puts(out, "\r\nContent-Length: ");
        rt_text_number(out, answer->body ? rt_text_len(answer->body) : 0);
    }
    apr_rfc822_date(date, apr_time_now());
    rt_text_puts(out, "\r\nDate: ");
    rt_text_puts(out, date);
    rt_text_puts(out, "\r\nCache-Control: no-store\r\n"
                      "X-Content-Type-Options: nosniff\r\n");
    if (c->cors) {
        rt_text_puts(out, "Access-Control-Allow-Origin: ");
        rt_text_puts(out, c->cors);
        rt_text_puts(out,
                     "\r\nAccess-Control-Allow-Credentials: true\r\nVary: Origin\r\n");
    }
    if (close)
        rt_text_puts(out, "Connection: close\r\n");
    else
        rt_text_puts(out, "Connection: keep-alive\r\n");
    if (answer->headers)
        rt_text_puts(out, answer->headers);
    rt_text_puts(out, "\r\n");
}

void rt_conn_respond(rt_conn *c, const rt_answer *answer)
{
    /* the rest of a refused body is not read as the next request */
    int unread = c->mode == READING && c->parser && rt_http_parsed(c->parser)->has_body;
    int close = answer->close || !c->keep_alive || unread;
    rt_text out = {0};
    rt_conn_own(c, NULL, NULL);
    rt_client_report(c->client, answer->status);
    write_head(&out, c, answer, close);
    rt_stream_write(&c->stream, rt_text_take(&out));
    if (answer->body && c->bodyless)
        rt_text_free(answer->body);
    else if (answer->body)
        rt_stream_write(&c->stream, rt_text_take(answer->body));
    if (close) {
        rt_stream_finish(&c->stream, RT_REASON_DONE);
        return;
    }
    if (c->mode == READING) {
        rt_http_reset(c->parser);
        rt_stream_timeout(&c->stream, rt_server_settings(c->server)->keepalive_timeout);
        return;
    }
    c->mode = READING;
    rt_stream_pause(&c->stream, 0);
    rt_stream_timeout(&c->stream, rt_server_settings(c->server)->keepalive_timeout);
    if (c->surplus)
        rt_turn_wait(c->stream.loop, &c->turn);
}

void rt_conn_waits(rt_conn *c)
{
    static const char interim[] = "HTTP/1.1 102 Processing\r\n\r\n";
    rt_client_report(c->client, 200);
    if (c->client->relayed)
        rt_stream_write(&c->stream, rt_buf_copy(interim, sizeof(interim) - 1));
}

void rt_conn_refuse(rt_conn *c, unsigned status, const char *text)
{
    rt_text body = {0};
    rt_answer answer = {.status = status, .body = &body};
    answer.type = *text == '{' ? "application/json" : "text/plain; charset=UTF-8";
    if (status == 426)
        answer.headers = "Sec-WebSocket-Version: 13\r\n";
    if (status == 503)
        answer.headers = "Retry-After: 5\r\n";
    rt_text_puts(&body, text);
    rt_conn_respond(c, &answer);
}

unsigned rt_conn_upgrade(rt_conn *c, const rt_http_request *request, unsigned message_max)
{
    unsigned status = rt_ws_check(request);
    if (status)
        return status;
    rt_client_report(c->client, 101);
    rt_stream_write(&c->stream, rt_ws_accept(request));
    rt_stream_timeout(&c->stream, 0);
    rt_stream_hold(&c->stream, FIRST_MESSAGE_MS);
    uncount(c);
    free(c->cors);
    c->cors = NULL;
    c->ws_message_max = message_max;
    c->mode = WEBSOCKET;
    return 0;
}

void rt_conn_allow(rt_conn *c, unsigned message_max)
{
    c->ws_message_max = message_max;
    if (c->decoder)
        rt_ws_limit_message(c->decoder, message_max);
}

void rt_conn_send(rt_conn *c, rt_buf *frame)
{
    if (c->closing)
        rt_buf_unref(frame);
    else
        rt_stream_write(&c->stream, frame);
}

void rt_conn_end(rt_conn *c, unsigned code, rt_reason reason)
{
    if (c->closing)
        return;
    if (c->mode == WEBSOCKET)
        rt_stream_write(&c->stream, rt_ws_frame_close(code));
    c->closing = 1;
    c->end_reason = (uint8_t)reason;
    rt_stream_finish(&c->stream, reason);
    rt_defer_call(c->stream.loop, &c->later, later);
}

void rt_conn_drop(rt_conn *c, rt_reason reason)
{
    rt_stream_close(&c->stream, reason);
}

void rt_conn_expire(rt_conn *c, uint64_t delay)
{
    rt_stream_timeout(&c->stream, delay);
}
