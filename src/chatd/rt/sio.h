/* SPDX-License-Identifier: Apache-2.0
 * Socket.IO, protocol 5 (clients of Engine.IO 4) and 4 or 3 (clients of Engine.IO 3, such
 * as socket.io-client 2), server side: namespaces, sockets, events, acknowledgements,
 * binary. Knows nothing of what the events mean. No library: there is no server in C.
 *
 * Handles are opaque. Callbacks come from the loop with nothing of this layer above them
 * on the stack; all functions may be called from them. A socket handle is valid until its
 * closed callback returns; a closed one may be used until then, without effect.
 */
#ifndef RT_SIO_H
#define RT_SIO_H

#include "chatd/rt/eio.h"
#include "chatd/rt/message.h"

typedef struct rt_sio rt_sio;
typedef struct rt_space rt_space;
typedef struct rt_socket rt_socket;

typedef struct rt_event {
    const char *name;
    json_t *args;   /* array without the name, borrowed */
    rt_blobs blobs; /* valid until return */
    int has_ack;    /* the client waits for rt_socket_acknowledge() with … */
    uint64_t ack;   /* … this number */
} rt_event;

/* What happens in one namespace. */
typedef struct rt_space_ops {
    /* A client asks to join, with AUTH (an object, borrowed). Now or later the
     * application calls rt_socket_accept() or closes the socket; the connect time-out
     * keeps running. */
    void (*connect)(void *app, rt_socket *socket, json_t *auth);
    void (*event)(void *app, rt_socket *socket, const rt_event *event);
    /* Once for every socket that connect was called for. */
    void (*closed)(void *app, rt_socket *socket, rt_reason reason);
} rt_space_ops;

/* Times in ms. Zeroed members get the defaults stated here. */
typedef struct rt_sio_config {
    rt_eio_config eio;        /* its ops and app are set by this layer */
    unsigned connect_timeout; /* 45,000, the reference server's: to join a namespace, and
                                 after leaving the last one */
    unsigned auth_timeout;    /* 0 = none: to rt_socket_trust() from the handshake */
    unsigned attachments_max; /* 10, the reference server's: per packet */
    unsigned spaces_max;      /* 16: namespaces of one client; pages use one to three */
    unsigned connects_max;    /* 64: CONNECT packets of one session, the refused ones
                                 too; a client that gets more refusals than that is
                                 trying names */
    void *app;                /* for all callbacks */
    /* A session is over: for its line in the log. May be NULL. */
    void (*ended)(void *app, const rt_client *client, const rt_session_end *end);
} rt_sio_config;

rt_sio *rt_sio_create(rt_server *server, const rt_sio_config *config);
rt_endpoint *rt_sio_endpoint(rt_sio *sio);
/* Closes every session; the loop must run once more before rt_sio_destroy(). */
void rt_sio_shutdown(rt_sio *sio);
void rt_sio_destroy(rt_sio *sio);
const rt_eio_stats *rt_sio_counts(const rt_sio *sio);

/* NAME begins with '/'; at most RT_NAMESPACE_MAX bytes. The space lives as long as SIO.
 */
rt_space *rt_space_create(rt_sio *sio, const char *name, const rt_space_ops *ops);

/*
 * Messages: encoded once, sent to any number of sockets of SPACE. One reference, to be
 * given back with rt_message_unref(). ARGS: an array, borrowed; NULL = no arguments.
 */
rt_message *rt_space_event(const rt_space *space, const char *name, const json_t *args,
                           rt_blobs blobs);
/* JSON: the whole terminated array, the event's name first, ready to be sent. */
rt_message *rt_space_event_raw(const rt_space *space, const char *json);

/* The ids that a client gets. Connection-state recovery: give a pid, append an offset as
 * last argument to every event, and a reconnecting client sends {"pid","offset"} in AUTH;
 * then accept it with its former sid and pid and send the events that it missed. */
typedef struct rt_socket_ids {
    const char *sid; /* NULL = a fresh one; at most RT_ID_LEN characters */
    const char *pid; /* NULL = no recovery offered */
} rt_socket_ids;

/* IDS may be NULL. Clients of Engine.IO 3 get no ids. */
void rt_socket_accept(rt_socket *socket, const rt_socket_ids *ids);
/* Nothing happens on a socket that is not connected, or of another namespace. */
void rt_socket_send(rt_socket *socket, rt_message *message);
void rt_socket_emit(rt_socket *socket, const char *name, const json_t *args);
void rt_socket_acknowledge(rt_socket *socket, uint64_t ack, const json_t *args,
                           rt_blobs blobs);

/* Notifies the client that it has left the namespace. WHOLE: also ends its session. */
void rt_socket_close(rt_socket *socket, rt_reason reason, int whole);
/* The client is known now: auth_timeout and strangers_per_peer no longer apply. */
void rt_socket_trust(rt_socket *socket);

const char *rt_socket_id(const rt_socket *socket);
rt_space *rt_socket_space(const rt_socket *socket);
/* The session below: its revision, its transport. NULL once that is gone. */
const rt_session *rt_socket_session(const rt_socket *socket);
void rt_socket_set_user(rt_socket *socket, void *user);
void *rt_socket_user(const rt_socket *socket);

#endif
