/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the two halves of Engine.IO: sessions (eio_session.c) and requests (eio.c).
 */
#ifndef RT_EIO_PRIVATE_H
#define RT_EIO_PRIVATE_H

#include "chatd/rt/conn.h"
#include "chatd/rt/eio.h"

enum { SESSION_OPEN, SESSION_LINGERING, SESSION_ENDED };

/* A polling body whose packets are being handled. */
typedef struct rt_inbox {
    rt_payload payload;
    uint8_t *body;
    size_t len;
} rt_inbox;

struct rt_session {
    rt_session *next; /* in its bucket */
    rt_list link;
    rt_eio *eio;
    rt_client *client;
    void *user;
    rt_conn *conn;     /* the WebSocket, or the poll that waits for an answer */
    rt_conn *probe;    /* a WebSocket that may become the transport */
    rt_conn *post;     /* a body that is being received */
    rt_packet **queue; /* waiting for a poll */
    uint32_t queue_len;
    uint32_t queue_cap;
    uint32_t backlog; /* bytes in the queue, with overhead */
    rt_timer timer;
    rt_defer defer;
    rt_turn turn; /* to read on in the inbox */
    rt_inbox *inbox;
    size_t kept; /* see rt_session_keep() */
    size_t held; /* see rt_client_hold() */
    uint64_t opened;
    uint64_t bytes_in;
    uint64_t bytes_out;
    uint32_t packets_in;
    uint32_t packets_out;
    char id[RT_ID_LEN + 1];
    uint8_t revision;
    uint8_t state;
    uint8_t reason;
    uint8_t last; /* rt_packet_type that ends the last poll */
    int websocket;
    int upgraded;
    int probed;  /* the probe was answered */
    int base64;  /* the client asked for no binary in polls */
    int ponging; /* a ping waits for its pong */
    int stranger;
    int told; /* ops->closed was called */
};

struct rt_eio {
    rt_endpoint endpoint;
    rt_server *server;
    rt_eio_config config;
    rt_eio_stats stats;
    rt_list sessions;
    rt_session **buckets;
    unsigned bucket_count; /* a power of two */
};

/* Engine.IO's errors, with the reference server's numbers. */
enum {
    EIO_UNKNOWN_TRANSPORT,
    EIO_UNKNOWN_SID,
    EIO_BAD_METHOD,
    EIO_BAD_REQUEST,
    EIO_FORBIDDEN,
    EIO_BAD_VERSION,
    EIO_NO_JSONP /* ours; a client sees a bad request with another text */
};

#define EIO_BAD_REQUEST_TEXT "{\"code\":3,\"message\":\"Bad request\"}"

/* What a client asks for when it opens a session. */
typedef struct rt_session_start {
    unsigned revision;
    int websocket;
    int base64;
} rt_session_start;

rt_session *session_create(rt_eio *eio, rt_conn *conn, const rt_session_start *start);
rt_session *session_find(const rt_eio *eio, const char *id, size_t len);
void session_received(rt_session *s, const rt_packet_in *packet);
/* Ends it; ORDERLY: a client that polls may still fetch what is queued. */
void session_end(rt_session *s, rt_reason reason, int orderly);
/* Makes CONN the poll to answer. */
void session_poll(rt_session *s, rt_conn *conn);
void session_probe(rt_session *s, rt_conn *conn);
void session_post(rt_session *s, rt_conn *conn);
unsigned session_payload_max(const rt_session *s);
/* Counts again what the session holds for its client's address. False: it is too much. */
int session_hold(rt_session *s);
/* Answers the post, whose packets are handled or will not be any more. */
void session_end_post(rt_session *s);
/* Removes it from the table and frees it; the application has been notified. */
void session_free(rt_session *s);

#endif
