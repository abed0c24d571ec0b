/* SPDX-License-Identifier: Apache-2.0
 * poll.h - a Socket.IO client that polls.
 */
#ifndef CHAT_CHATCTL_POLL_H
#define CHAT_CHATCTL_POLL_H

#include "probe.h"

#define CHATCTL_POLLS "Socket.IO by polls"

/* A message to such a client at P's host. Returns 0, or CHATCTL_FAILED after the
 * complaint. */
int chatctl_poll_try(chatctl_probe_t *p);

#endif
