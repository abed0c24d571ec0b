/* SPDX-License-Identifier: Apache-2.0
 * serve_names.h - the names under which a private httpd is reached.
 */
#ifndef CHAT_CHATCTL_SERVE_NAMES_H
#define CHAT_CHATCTL_SERVE_NAMES_H

#include "serve.h"

/* Whether only this machine reaches the address or name. */
int chatctl_is_loopback(const char *address);

/* The Host names it answers to, as ServerAlias takes them: those of loopback, the address
 * it listens on (all of the machine's and its name when it listens on all), --host. */
const char *chatctl_serve_names(const chatctl_serve_t *s);

/* What a browser on this network takes as host: an address of the machine when it
 * listens on all of them; IPv6 in brackets. */
const char *chatctl_serve_address(const chatctl_serve_t *s);

#endif
