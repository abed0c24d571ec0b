/* SPDX-License-Identifier: Apache-2.0
 * reach.h - a running site, from outside.
 */
#ifndef CHAT_CHATCTL_REACH_H
#define CHAT_CHATCTL_REACH_H

#include "probe.h"

/* Tries all of what httpd serves from S's database. Returns 0, or CHATCTL_FAILED after
 * the complaints; *WAYS is for people: what a message went through. */
int chatctl_reach_try(chatctl_site_t *s, const chatctl_served_t *served,
                      const char **ways);

#endif
