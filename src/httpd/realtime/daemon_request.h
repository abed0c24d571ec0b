/* SPDX-License-Identifier: Apache-2.0
 * daemon_request.h - a request brought to chatd through a socketpair.
 */
#ifndef CHAT_HTTPD_REALTIME_DAEMON_REQUEST_H
#define CHAT_HTTPD_REALTIME_DAEMON_REQUEST_H

#include <httpd.h>

/* Reads the body of R, creates a socketpair and sends request and one end to chatd.
 * *FD gets the other end, non-blocking. HELD: R has a thread place. OK, or, with *FD -1,
 * the handler's return value. */
int chat_daemon_request_open(int *fd, request_rec *r, int held);

#endif
