/* SPDX-License-Identifier: Apache-2.0
 * http_client.h - clients of the HTTP socket, to which httpd or another proxy connects.
 */
#ifndef CHAT_CHATD_HTTP_CLIENT_H
#define CHAT_CHATD_HTTP_CLIENT_H

#include "chatd/chatd.h"

/* The tag of such a client, which is no child's pid. */
#define CHATD_TAG_PROXIED 1

/* Whether TEXT, "SITE ... PROOF", ends with the site's proof, which is cut off then. A
 * site that could not be opened has no secret, and nothing to give. */
int chatd_proven(const chatd_t *d, unsigned *site, char *text, const char *purpose);

/* Sets the site and address of the client that a proxy brings, from the module's header
 * or mod_proxy's. Nothing for clients that came through the intake. */
void chatd_look_behind_proxy(chatd_t *d, rt_conn *conn, const rt_http_request *request);

/* For rt_server_config: APP is the chatd_t. The rule of httpd (base/origin.h). */
int chatd_origin_allowed(void *app, const rt_client *client,
                         const rt_http_request *request, const char *origin);

#endif
