/* SPDX-License-Identifier: Apache-2.0
 * park.h - connections that wait in the event MPM's pollset (CONN_STATE_ASYNC_WAITIO).
 *
 * mod_http2 waits the same way. A handler cannot ask for that state, so it puts an input
 * filter onto the connection that pretends input once; the MPM then comes to the
 * process_connection hooks, where ours is first.
 */
#ifndef CHAT_HTTPD_REALTIME_PARK_H
#define CHAT_HTTPD_REALTIME_PARK_H

#include <httpd.h>

/* Registers the hooks and filters. */
void chat_park_register(void);

/* Whether the connection of R can be parked. */
int chat_park_possible(request_rec *r);

/* Parks it: a WebSocket's until it ends, any other's until chatd has answered. Always OK.
 */
int chat_park(request_rec *r);

#endif
