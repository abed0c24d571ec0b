/* SPDX-License-Identifier: Apache-2.0
 * What all connections of a process share: the loop, limits, the route from a request to
 * who answers it.
 */
#ifndef RT_SERVER_H
#define RT_SERVER_H

#include "chatd/rt/http.h"
#include "chatd/rt/loop.h"
#include "chatd/rt/peer.h"
#include "chatd/rt/reason.h"

#include <sys/socket.h>

typedef struct rt_server rt_server;
typedef struct rt_conn rt_conn;
typedef struct rt_endpoint rt_endpoint;

/* Who answers requests below a path; embedded in the answering layer. */
struct rt_endpoint {
    /* The head is complete. Returns the most bytes of body that will be read, or -1 after
     * it has answered and the request is over. */
    long (*head)(rt_endpoint *endpoint, rt_conn *conn, const rt_http_request *request);
    /* The body is complete. Answers now or later (rt_conn_own(), rt_conn_respond()). */
    void (*request)(rt_endpoint *endpoint, rt_conn *conn, const rt_http_request *request);
};

typedef enum rt_level {
    RT_LOG_DEBUG,
    RT_LOG_INFO,
    RT_LOG_WARNING,
    RT_LOG_ERROR
} rt_level;

/* Times in ms. Zeroed members get the defaults stated here. */
typedef struct rt_server_config {
    unsigned head_timeout;      /* 10,000: from the first byte, or the accept, to the end
                                   of the head; a slow phone takes two seconds */
    unsigned body_timeout;      /* 30,000: 1 MB at 35 kB/s */
    unsigned keepalive_timeout; /* 30,000: longer than a browser waits between polls */
    unsigned head_max;    /* 16,384: what httpd itself accepts in one or two lines */
    unsigned body_max;    /* 1,000,000: Engine.IO's own default of maxPayload */
    unsigned backlog_max; /* 1,048,576: bytes waiting for one client. More than a
                             payload of the largest size, and less than 1 % of a
                             small machine for a hundred stuck clients */
    unsigned
        requests_per_peer;   /* 256: HTTP connections of one address that are not
                                WebSockets, so that slow heads cannot use all descriptors;
                                large enough for an office behind one address */
    size_t bytes_per_peer;   /* 64 MiB: incomplete messages and unsent output of one
                                address, 64 stuck clients' */
    unsigned conns_per_peer; /* 0 = any number: connections of one address */
    void *app;
    /* NULL answers 404. */
    rt_endpoint *(*route)(void *app, rt_conn *conn, const rt_http_request *request);
    /* Whether pages of ORIGIN (terminated) may talk to the client's virtual host; NULL:
     * every origin may. Not asked for requests without Origin. */
    int (*origin_allowed)(void *app, const rt_client *client,
                          const rt_http_request *request, const char *origin);
    /* One line without a newline; never holds what a client sent. May be NULL. */
    void (*log)(void *app, rt_level level, const char *line);
} rt_server_config;

/* CONFIG is copied. NULL when libsodium cannot start. */
rt_server *rt_server_create(rt_loop *loop, const rt_server_config *config);
/* Every connection must have been closed, see rt_server_shutdown(). */
void rt_server_destroy(rt_server *server);

/* Calls VISIT for every connection; it may drop any of them (rt_conn_drop()), e.g. those
 * of one relay. */
void rt_server_each(rt_server *server, void (*visit)(void *data, rt_conn *conn),
                    void *data);

/* For conn.c: CONN begins. */
void rt_server_joined(rt_server *server, rt_conn *conn);
rt_loop *rt_server_loop(const rt_server *server);
rt_peers *rt_server_peers(const rt_server *server);
const rt_server_config *rt_server_settings(const rt_server *server);

#endif
