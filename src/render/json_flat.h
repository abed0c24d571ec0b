/* SPDX-License-Identifier: Apache-2.0
 * json_flat.h - the short way for the JSON that nearly all requests have: one object of
 * few members, each a string without escapes, an integer, true, false or null. Private to
 * json.c.
 */
#ifndef CHAT_RENDER_JSON_FLAT_H
#define CHAT_RENDER_JSON_FLAT_H

#include <apr.h>
#include <jansson.h>

/* The value, as jansson's own parser would return it; NULL for anything else, about which
 * that one has to judge. */
json_t *chat_json_flat(const char *text, apr_size_t len);

#endif
