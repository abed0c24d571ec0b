/* SPDX-License-Identifier: Apache-2.0
 * One connection of a client: HTTP requests one after the other, until one of them turns
 * it into a WebSocket. Its requests and messages go to its owner (see rt_conn_ops); it
 * frees itself after its closed callback.
 */
#ifndef RT_CONN_H
#define RT_CONN_H

#include "chatd/rt/listener.h"
#include "chatd/rt/reason.h"
#include "chatd/rt/server.h"
#include "chatd/rt/stream.h"
#include "chatd/rt/ws.h"

typedef struct rt_conn_ops {
    /* A WebSocket message; text is valid UTF-8. BYTES may be changed. */
    void (*message)(rt_conn *conn, int binary, uint8_t *bytes, size_t len);
    /* The connection, on which the owner had an answer or a WebSocket open, is gone or
     * ending. Called once, from the loop; CONN must not be used afterwards. */
    void (*closed)(rt_conn *conn, rt_reason reason);
} rt_conn_ops;

typedef struct rt_answer {
    unsigned status;
    const char *type;    /* Content-Type, NULL with an empty body */
    const char *headers; /* more header lines, each with CRLF, or NULL */
    rt_text *body;       /* taken over and emptied, or NULL */
    int close;           /* the connection ends with this answer */
} rt_answer;

/* The fields are the connection's own. */
struct rt_conn {
    rt_stream stream;
    rt_list link;
    rt_defer later;
    rt_turn turn;
    size_t held;
    rt_server *server;
    rt_client *client;
    const rt_conn_ops *ops;
    void *owner;
    rt_endpoint *endpoint;
    rt_http_parser *parser; /* only while a request is being read */
    rt_ws_decoder *decoder; /* only between the frames of one message */
    rt_buf *surplus;        /* bytes after a request that is being answered, or of
                               packets that wait for the next turn */
    char *cors;             /* the allowed Origin of the request */
    unsigned ws_message_max;
    uint8_t mode;
    int keep_alive;
    int bodyless; /* the answer to a HEAD request */
    int closing;  /* a WebSocket whose close frame is queued */
    int counted;  /* in RT_PEER_REQUESTS */
    int gone;     /* closed, to be freed when its deferred call has come round */
    uint8_t end_reason;
};

/* The owner, whose OPS are called for this connection; NULL: none. */
void rt_conn_own(rt_conn *conn, const rt_conn_ops *ops, void *owner);
void *rt_conn_owner(const rt_conn *conn);
const rt_client *rt_conn_client(const rt_conn *conn);
/* Replaces what is known of the client, e.g. from headers of a trusted proxy, before the
 * first answer. Takes over the reference. */
void rt_conn_set_client(rt_conn *conn, rt_client *client);
/* The same for the query of the request whose head was just read. QUERY points into it.
 */
void rt_conn_set_query(rt_conn *conn, rt_span query);

/* Answers the request; the owner is forgotten and the next request may come. */
void rt_conn_respond(rt_conn *conn, const rt_answer *answer);
/* The answer will come later: a relay (rt_client) gets the interim answer 102. */
void rt_conn_waits(rt_conn *conn);
/* Answers with a text of one line; 503 has a Retry-After. */
void rt_conn_refuse(rt_conn *conn, unsigned status, const char *text);

/* Accepts the WebSocket that REQUEST asks for. MESSAGE_MAX: payload bytes. 0, or the
 * status to refuse with, when the handshake is wrong. */
unsigned rt_conn_upgrade(rt_conn *conn, const rt_http_request *request,
                         unsigned message_max);
/* Another MESSAGE_MAX from now on. */
void rt_conn_allow(rt_conn *conn, unsigned message_max);
/* Sends a ready frame; takes over the reference. */
void rt_conn_send(rt_conn *conn, rt_buf *frame);
/* Sends the queue and a close frame with CODE, then ends. */
void rt_conn_end(rt_conn *conn, unsigned code, rt_reason reason);
/* Ends immediately. */
void rt_conn_drop(rt_conn *conn, rt_reason reason);
/* Drops the WebSocket after DELAY ms unless set again; 0 = never. */
void rt_conn_expire(rt_conn *conn, uint64_t delay);

/* For the ways in. Reads BYTES as if they had come from the descriptor. */
rt_conn *rt_conn_create(rt_server *server, const rt_arrival *arrival);
void rt_conn_feed(rt_conn *conn, const void *bytes, size_t len);

#endif
