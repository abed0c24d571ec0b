/* SPDX-License-Identifier: Apache-2.0
 * daemon_request.h - a request brought to the daemon through a socketpair.
 */
#ifndef CHAT_HTTPD_REALTIME_DAEMON_REQUEST_H
#define CHAT_HTTPD_REALTIME_DAEMON_REQUEST_H

#include <httpd.h>

/* The most body that a request may have: Engine.IO's maxPayload and its framing. */
#define CHAT_DAEMON_REQUEST_BODY_MAX (1024 * 1024)

/* Reads the body of R, makes a socketpair and sends request and one end to the daemon.
 * *FD gets the other end, non-blocking. OK, or what the handler is to return. */
int chat_daemon_request_open(int *fd, request_rec *r);

/* Writes BYTES to FD, waiting up to WAIT ms each time that it takes none. */
apr_status_t chat_daemon_request_write(int fd, const char *bytes, apr_size_t len,
                                       int wait);

#endif
