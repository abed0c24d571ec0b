/* SPDX-License-Identifier: Apache-2.0
 * json_bounds.h - bounds of JSON texts, checked before a parser builds a tree of them: a
 * nesting bomb costs one pass over the bytes.
 */
#ifndef CHAT_BASE_JSON_BOUNDS_H
#define CHAT_BASE_JSON_BOUNDS_H

#include <apr.h>

/* The deepest documented body has three levels. A value costs jansson up to 120 bytes, so
 * the largest tree is 1.2 MB and its text. */
#define CHAT_JSON_MAX_DEPTH 32
#define CHAT_JSON_MAX_VALUES 10000
#define CHAT_JSON_MAX_BYTES                                    \
    (16 * 1024 * 1024) /* regardless of the server's own limit \
                        */

/* Why a parser shall not see TEXT, in words for the client, or NULL. Counts without
 * judging: other mistakes are left to the parser. */
const char *chat_json_refusal(const char *text, apr_size_t len);

#endif
