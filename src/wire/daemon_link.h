/* SPDX-License-Identifier: Apache-2.0
 * daemon_link.h - a child's connection to the daemon's intake.
 *
 * One SOCK_SEQPACKET connection for all threads of a process; every message is written
 * whole or not at all, so they need no lock. A connection that broke is made anew by the
 * next message.
 */
#ifndef CHAT_WIRE_DAEMON_LINK_H
#define CHAT_WIRE_DAEMON_LINK_H

#include "wire/intake.h"

#include <apr_pools.h>

typedef struct chat_daemon_link_t chat_daemon_link_t;

/* Connects with the first message; PATH is copied. Lives as long as POOL. */
apr_status_t chat_daemon_link_create(chat_daemon_link_t **out, const char *path,
                                     apr_pool_t *pool);

/* Sends HEAD (its magic and child are set here) with head->len BYTES and, when FD is not
 * -1, that descriptor, which stays the caller's. Waits up to two seconds while the daemon
 * is busy; with NOW it does not wait. */
apr_status_t chat_daemon_link_send(chat_daemon_link_t *courier, chat_intake_t *head,
                                   const void *bytes, int fd, int now);

#endif
