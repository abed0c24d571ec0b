/* SPDX-License-Identifier: Apache-2.0
 * dialects.h - the dialects that are built in, one group of files each.
 *
 * A new endpoint touches four files: its route in the dialect's header, its function in
 * the dialect's DIALECT_*.c, its description in docs/openapi.yaml, and a test in test/t.
 * A route is R(path, methods, flags, name): a path with * for one segment and ** for the
 * rest, CHAT_GET and so on, what api.h calls CHAT_ROUTE_FLAG, and the name of the
 * function. The function's prototype and the table of routes are made from it.
 */
#ifndef CHAT_API_DIALECTS_H
#define CHAT_API_DIALECTS_H

#include "api/api.h"

extern const chat_dialect_t chat_dialect_button;   /* Button API V3: button*.c */
extern const chat_dialect_t chat_dialect_chatroom; /* Chatroom API: chatroom*.c */
/* teendevops REST API v1: teendevops*.c */
extern const chat_dialect_t chat_dialect_teendevops;
extern const chat_dialect_t chat_dialect_kinglet; /* Kinglet API v1: kinglet*.c */

/* All dialects, ended by NULL, in the order in which they are asked when several share a
 * prefix. */
extern const chat_dialect_t *const chat_dialects[];
const chat_dialect_t *chat_dialect_by_name(const char *name);

#endif
