/* SPDX-License-Identifier: Apache-2.0
 * route.h - from a request to who answers it.
 */
#ifndef CHAT_CHATD_ROUTE_H
#define CHAT_CHATD_ROUTE_H

#include "chatd/chatd.h"

/* The handler of REQUEST, as rt_server_config.route; first the client gets the site and
 * the address that a proxy reports. While a database is unreachable its sessions stay,
 * but no new one begins. */
rt_endpoint *chatd_route(void *app, rt_conn *conn, const rt_http_request *request);
/* Before the first request. */
void chatd_route_create(chatd_t *d);

#endif
