/* SPDX-License-Identifier: Apache-2.0
 * request_head.h - a request written out again for the daemon.
 */
#ifndef CHAT_HTTPD_REALTIME_REQUEST_HEAD_H
#define CHAT_HTTPD_REALTIME_REQUEST_HEAD_H

#include "base/buffer.h"

#include <httpd.h>

/* Whether R asks for a WebSocket in HTTP/1.1. */
int chat_request_head_websocket(const request_rec *r);

/* The head of R as HTTP/1.1 text, with the path that httpd understood. A WebSocket's asks
 * for the upgrade; any other says `Connection: close` and has BODY bytes of body. */
void chat_request_head_write(chat_buffer_t *out, request_rec *r, apr_size_t body);

#endif
