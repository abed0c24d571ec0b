/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the parts of Socket.IO: clients (sio.c, sio_party.c), sockets (socket.c). */
#ifndef RT_SIO_PRIVATE_H
#define RT_SIO_PRIVATE_H

#include "chatd/rt/sio.h"

typedef struct rt_party rt_party;

struct rt_space {
    rt_list link;
    rt_sio *sio;
    const rt_space_ops *ops;
    char name[RT_NAMESPACE_MAX + 1];
};

struct rt_sio {
    rt_eio *eio;
    rt_loop *loop;
    rt_sio_config config;
    rt_list spaces;
};

/* A packet whose attachments are being received. Its text is kept, not its tree, which is
 * up to 60 times as large. */
typedef struct rt_assembly {
    char *text;
    size_t len;
    size_t bytes; /* with the attachments so far */
    unsigned have, wanted;
    rt_blob blobs[];
} rt_assembly;

/* One client: an Engine.IO session and its sockets. */
struct rt_party {
    rt_sio *sio;
    rt_session *session;
    rt_list sockets;
    unsigned socket_count;
    unsigned connects;
    int joined;
    int trusted;
    uint64_t opened;
    rt_timer timer; /* to join, then to authenticate */
    rt_assembly *assembly;
};

enum { SOCKET_PENDING, SOCKET_CONNECTED, SOCKET_CLOSED };

struct rt_socket {
    rt_list in_party;
    rt_party *party; /* NULL when the session is gone */
    rt_space *space;
    void *user;
    rt_defer release;
    uint8_t state;
    uint8_t reason;
    char id[RT_ID_LEN + 1];
};

rt_socket *socket_create(rt_party *party, rt_space *space);
/* Calls closed, leaves groups, frees. */
void socket_release(rt_socket *socket);
void socket_event(rt_socket *socket, rt_message_in *message, rt_blobs blobs);
/* Marks it closed; it is released at the end of the round. */
void socket_end(rt_socket *socket, rt_reason reason);

void party_close(rt_party *party, rt_reason reason);
/* Gives the client its time to join a namespace. */
void party_await(rt_party *party);
void party_send(rt_party *party, const rt_message_out *out);
void party_joined(rt_party *party);
/* A socket of the party is going; when it was the last one the clock runs again. */
void party_left(rt_party *party);
void party_trust(rt_party *party);

#endif
