/* SPDX-License-Identifier: Apache-2.0
 * serve_names.h - the names under which a private httpd is reached.
 */
#ifndef CHAT_CHATCTL_SERVE_NAMES_H
#define CHAT_CHATCTL_SERVE_NAMES_H

#include "serve.h"

/* Whether only this machine reaches the address or name. */
int chatctl_is_loopback(const char *address);

/* The Host names it answers to, in ServerAlias's form: those of loopback, the address it
 * listens on (all of the machine's and its name when it listens on all), --host. */
const char *chatctl_serve_names(const chatctl_serve_t *s);

/* The host for browsers on this network: an address of the machine when it listens on all
 * of them; IPv6 in brackets. */
const char *chatctl_serve_address(const chatctl_serve_t *s);

#endif
