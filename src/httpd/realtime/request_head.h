/* SPDX-License-Identifier: Apache-2.0
 * request_head.h - a request's head, judged and written out again for chatd.
 */
#ifndef CHAT_HTTPD_REALTIME_REQUEST_HEAD_H
#define CHAT_HTTPD_REALTIME_REQUEST_HEAD_H

#include "base/buffer.h"

#include <httpd.h>

/* Whether R asks for a WebSocket in HTTP/1.1. */
int chat_request_head_websocket(request_rec *r);

/* The status that refuses R, which asks for a WebSocket in a wrong way: 426 with the
 * header that it needs, 400, or 0. */
int chat_request_head_mistake(request_rec *r);

/* The head of R as HTTP/1.1 text, with the path as httpd parsed it. A WebSocket's asks
 * for the upgrade; any other has `Connection: close` and BODY bytes of body. */
void chat_request_head_write(chat_buffer_t *out, request_rec *r, apr_size_t body);

#endif
