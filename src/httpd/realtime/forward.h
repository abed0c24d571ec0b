/* SPDX-License-Identifier: Apache-2.0
 * forward.h - one request to the daemon and its answer, by the thread that has the
 * request.
 */
#ifndef CHAT_HTTPD_REALTIME_FORWARD_H
#define CHAT_HTTPD_REALTIME_FORWARD_H

#include <httpd.h>

/* Not for WebSockets. OK, or an answer's status. */
int chat_forward(request_rec *r);

#endif
