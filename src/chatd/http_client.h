/* SPDX-License-Identifier: Apache-2.0
 * http_client.h - clients of the HTTP socket, to which httpd or another proxy connects.
 */
#ifndef CHAT_CHATD_HTTP_CLIENT_H
#define CHAT_CHATD_HTTP_CLIENT_H

#include "chatd/chatd.h"

/* Whether TEXT, "SITE ... PROOF", ends with the site's proof, which is cut off then. A
 * site that could not be opened has no secret, and nothing to give. */
int chatd_proven(const chatd_t *d, unsigned *site, char *text, const char *purpose);

/* Who answers REQUEST, as rt_server_config.route; first the client gets the site and the
 * address that a proxy brings. While a database is away its sessions stay, but no new one
 * begins. */
rt_endpoint *chatd_route(void *app, rt_conn *conn, const rt_http_request *request);
/* Before the first request. */
void chatd_route_create(chatd_t *d);

/* For rt_server_config: APP is the chatd_t. The rule of httpd (base/origin.h). */
int chatd_origin_allowed(void *app, const rt_client *client,
                         const rt_http_request *request, const char *origin);

#endif
