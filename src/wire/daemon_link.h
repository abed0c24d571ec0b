/* SPDX-License-Identifier: Apache-2.0
 * daemon_link.h - a process' connection to chatd's intake.
 *
 * One SOCK_SEQPACKET connection for all threads of a process; every message is written
 * whole or not at all, so they need no lock. The next message replaces a connection that
 * broke.
 */
#ifndef CHAT_WIRE_DAEMON_LINK_H
#define CHAT_WIRE_DAEMON_LINK_H

#include "wire/intake.h"

#include <apr_pools.h>

typedef struct chat_daemon_link_t chat_daemon_link_t;

/* Connects with the first message; PATH is copied. Lives as long as POOL. */
apr_status_t chat_daemon_link_create(chat_daemon_link_t **out, const char *path,
                                     apr_pool_t *pool);

/* The TLS suites that chatd takes now, as in chat_intake_offer_t; connects when need be.
 * -1 when chatd has not said yet; after WAIT milliseconds that is 0, because an older one
 * never does. */
int chat_daemon_link_suites(chat_daemon_link_t *link, int wait);

/* Sends HEAD (its magic and child are set here) with head->len BYTES and FDS, -1 for each
 * that is not to be sent; they stay the caller's. NULL: none. While chatd is busy it
 * waits up to WAIT milliseconds, then gives EAGAIN. */
apr_status_t chat_daemon_link_send(chat_daemon_link_t *link, chat_intake_t *head,
                                   const void *bytes, const int fds[2], int wait);

#endif
