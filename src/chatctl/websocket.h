/* SPDX-License-Identifier: Apache-2.0
 * websocket.h - a Socket.IO client with a WebSocket.
 */
#ifndef CHAT_CHATCTL_WEBSOCKET_H
#define CHAT_CHATCTL_WEBSOCKET_H

#include "probe.h"

#define CHATCTL_WEBSOCKET "Socket.IO by WebSocket"

/* A message to such a client at P's host. Returns 0, or CHATCTL_FAILED after the
 * complaint. */
int chatctl_websocket_try(chatctl_probe_t *p);

#endif
