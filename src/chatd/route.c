/* SPDX-License-Identifier: Apache-2.0 */
/* From a request to who answers it. */
#include "chatd/route.h"

#include "chatd/http_client.h"

#include <string.h>

static long refuse_away(rt_endpoint *endpoint, rt_conn *conn,
                        const rt_http_request *request)
{
    (void)endpoint;
    (void)request;
    rt_conn_refuse(conn, 503, "The database does not answer. Try again later.");
    return -1;
}

static long refuse_network(rt_endpoint *endpoint, rt_conn *conn,
                           const rt_http_request *request)
{
    (void)endpoint;
    (void)request;
    rt_conn_refuse(conn, 403, "Your network is not allowed here!");
    return -1;
}

/* Every Socket.IO server serves this by itself; people look for it here. */
static long refuse_script(rt_endpoint *endpoint, rt_conn *conn,
                          const rt_http_request *request)
{
    (void)endpoint;
    (void)request;
    rt_conn_refuse(conn, 404,
                   "This server does not serve the Socket.IO client. Take "
                   "socket.io.min.js of the npm package socket.io-client.");
    return -1;
}

/* PATH with or without its last slash; or a script below it. */
static rt_endpoint *endpoint_of(chatd_t *d, const chatd_site_t *site, rt_span path)
{
    const char *prefix = site->conf->path;
    size_t len = strlen(prefix);
    if (path.len + 1 == len)
        len--;
    if (path.len < len || strncmp(path.at, prefix, len) != 0)
        return NULL;
    if (path.len == len)
        return rt_sio_endpoint(site->sio);
    return path.len > len + 9 && !strncmp(path.at + len, "socket.io", 9) ? &d->script
                                                                         : NULL;
}

/* While the database is unreachable sessions stay, but no new one begins. */
rt_endpoint *chatd_route(void *app, rt_conn *conn, const rt_http_request *request)
{
    chatd_t *d = app;
    rt_endpoint *endpoint = chatd_counts_route(d, conn, request);
    const chatd_site_t *site;
    if (endpoint)
        return endpoint;
    chatd_look_behind_proxy(d, conn, request);
    site = d->sites[rt_conn_client(conn)->vhost];
    if (!site || !site->sio)
        return NULL;
    endpoint = endpoint_of(d, site, request->path);
    if (endpoint == rt_sio_endpoint(site->sio) &&
        (!chatd_site_ready(site) ||
         (site->failing && !rt_http_param(request, "sid").len)))
        return &d->away;
    if (endpoint == rt_sio_endpoint(site->sio) &&
        chatd_address_refused(d->sites[rt_conn_client(conn)->vhost],
                              rt_conn_client(conn)->address))
        return &d->refused;
    return endpoint;
}

void chatd_route_create(chatd_t *d)
{
    d->away.head = refuse_away;
    d->refused.head = refuse_network;
    d->script.head = refuse_script;
}
