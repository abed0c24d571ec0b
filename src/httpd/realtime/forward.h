/* SPDX-License-Identifier: Apache-2.0
 * forward.h - a thread sends one request to chatd and waits for the answer.
 */
#ifndef CHAT_HTTPD_REALTIME_FORWARD_H
#define CHAT_HTTPD_REALTIME_FORWARD_H

#include <httpd.h>

/* Not for WebSockets. OK. */
int chat_forward(request_rec *r);

#endif
