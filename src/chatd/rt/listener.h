/* SPDX-License-Identifier: Apache-2.0
 * The ways into a server: listening sockets and adopted descriptors; and the way out.
 */
#ifndef RT_LISTENER_H
#define RT_LISTENER_H

#include "chatd/rt/server.h"

typedef struct rt_listener rt_listener;

/* Closes all connections with RT_REASON_SHUTDOWN; the loop must run once more before
 * rt_server_destroy(). */
void rt_server_shutdown(rt_server *server);

/* A connected stream descriptor. */
typedef struct rt_arrival {
    int fd;
    rt_client *client; /* a reference */
    struct rt_tls *tls;
    const void *bytes; /* that were read from it: a request head and the bytes after it */
    size_t len;
} rt_arrival;

/* Takes over all of ARRIVAL. 0, or -1 when over a limit or on a bad descriptor; then the
 * descriptor is still the caller's, the rest is released. */
int rt_server_adopt(rt_server *server, const rt_arrival *arrival);

/* Accepts connections on FD, a listening stream socket, which it takes over. Clients of
 * a unix socket get the address "unix". VHOST is given to all of them. */
rt_listener *rt_listener_create(rt_server *server, int fd, unsigned vhost);
/* Stops accepting and closes the descriptor. */
void rt_listener_destroy(rt_listener *listener);

#endif
