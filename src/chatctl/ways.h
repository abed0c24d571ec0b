/* SPDX-License-Identifier: Apache-2.0
 * ways.h - a message by each way in.
 */
#ifndef CHAT_CHATCTL_WAYS_H
#define CHAT_CHATCTL_WAYS_H

#include "probe.h"

/* *NAMES gets the names of the ways that work, for people. Returns 0, or CHATCTL_FAILED
 * after the complaints. */
int chatctl_ways_try(chatctl_probe_t *p, const char **names);

#endif
