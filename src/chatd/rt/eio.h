/* SPDX-License-Identifier: Apache-2.0
 * Engine.IO, revisions 4 and 3, server side: sessions over long polling and WebSocket,
 * the upgrade between them, heartbeats.
 *
 * Documents: socketio/engine.io-protocol, v4-current.md and v3.md; where they are silent
 * the reference server (engine.io 6) is followed, its error objects included:
 * {"code":N,"message":TEXT} with status 400 (403 for code 4).
 */
#ifndef RT_EIO_H
#define RT_EIO_H

#include "chatd/rt/packet.h"
#include "chatd/rt/reason.h"
#include "chatd/rt/server.h"

typedef struct rt_eio rt_eio;
typedef struct rt_session rt_session;

/* What the application learns when a session ends: enough for a line in the log. */
typedef struct rt_session_end {
    rt_reason reason;
    unsigned revision;
    int websocket; /* the transport at the end */
    int upgraded;  /* it began with polling */
    unsigned packets_in;
    unsigned packets_out;
    uint64_t bytes_in; /* packets, without framing */
    uint64_t bytes_out;
    uint64_t duration; /* ms */
} rt_session_end;

/* Called from the loop, never from inside a call of the application, but for open, which
 * comes from the request. */
typedef struct rt_eio_ops {
    void (*open)(void *app, rt_session *session);
    /* BYTES are valid UTF-8 unless BINARY; they may be changed and live until return. */
    void (*message)(void *app, rt_session *session, int binary, uint8_t *bytes,
                    size_t len);
    /* Once for every session that was opened; it is freed afterwards. */
    void (*closed)(void *app, rt_session *session, const rt_session_end *end);
} rt_eio_ops;

/* Times in ms. Zeroed members get the defaults stated here, which are the reference
 * server's. */
typedef struct rt_eio_config {
    unsigned ping_interval;    /* 25,000 */
    unsigned ping_timeout;     /* 20,000 */
    unsigned upgrade_timeout;  /* 10,000 */
    unsigned max_payload;      /* 1,000,000: bytes of a message or polling body */
    unsigned stranger_payload; /* 16,384: the same before rt_session_trust(); what a login
                                  needs is below 1 kB */
    unsigned strangers_per_peer; /* 0 = any number of sessions per address that
                                    rt_session_trust() has not been called for */
    int revision_3;              /* Engine.IO 3 clients are let in */
    const rt_eio_ops *ops;
    void *app;
} rt_eio_config;

typedef struct rt_eio_stats {
    unsigned sessions;   /* now */
    unsigned websockets; /* of these */
    unsigned strangers;  /* of these */
} rt_eio_stats;

/* CONFIG is copied. */
rt_eio *rt_eio_create(rt_server *server, const rt_eio_config *config);
/* What the application's route returns for requests below Engine.IO's path. */
rt_endpoint *rt_eio_endpoint(rt_eio *eio);
/* Closes every session; the loop must run once more before rt_eio_destroy(). */
void rt_eio_shutdown(rt_eio *eio);
void rt_eio_destroy(rt_eio *eio);
const rt_eio_stats *rt_eio_counts(const rt_eio *eio);

/* Sends PACKET, which stays the caller's, or nothing when the session has ended. A client
 * with more than the server's backlog_max waiting is dropped (RT_REASON_SLOW). */
void rt_session_send(rt_session *session, rt_packet *packet);
/* Ends the session; frames sent before are still written. ops->closed is called later. */
void rt_session_close(rt_session *session, rt_reason reason);
/* The application keeps BYTES of what the session received: they count for the client's
 * address, and too many end the session. */
void rt_session_keep(rt_session *session, size_t bytes);
/* The session's client is known now: it counts no more as a stranger. */
void rt_session_trust(rt_session *session);
/* 20 characters that cannot be guessed. */
const char *rt_session_id(const rt_session *session);
unsigned rt_session_revision(const rt_session *session);
const rt_client *rt_session_client(const rt_session *session);
void rt_session_set_user(rt_session *session, void *user);
void *rt_session_user(const rt_session *session);

/* Writes a fresh id of RT_ID_LEN characters and a NUL: 120 random bits, URL-safe. */
#define RT_ID_LEN 20
void rt_id_make(char id[RT_ID_LEN + 1]);

#endif
