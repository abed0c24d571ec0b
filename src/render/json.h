/* SPDX-License-Identifier: Apache-2.0
 * json.h - JSON coming in: the one place that knows jansson.
 *
 * A parsed value lives as long as the pool it was parsed into. Strings are valid UTF-8
 * without U+0000: a body with "\u0000", a lone surrogate or invalid UTF-8 is refused as a
 * whole, as are texts over the bounds of base/json_bounds.h.
 */
#ifndef CHAT_RENDER_JSON_H
#define CHAT_RENDER_JSON_H

#include <apr_pools.h>

typedef struct chat_json_t chat_json_t;

typedef enum chat_json_type_t {
    CHAT_JSON_NONE, /* no such member */
    CHAT_JSON_NULL,
    CHAT_JSON_BOOLEAN,
    CHAT_JSON_INTEGER,
    CHAT_JSON_REAL,
    CHAT_JSON_STRING,
    CHAT_JSON_ARRAY,
    CHAT_JSON_OBJECT
} chat_json_type_t;

/* Parses LEN bytes as one JSON value. CHAT_MALFORMED: *WHY is the fault and its place, as
 * text for the client, without repeating its bytes. */
apr_status_t chat_json_parse(const chat_json_t **out, const char **why, const char *text,
                             apr_size_t len, apr_pool_t *pool);

/* Every function accepts NULL as a missing value. */
chat_json_type_t chat_json_type(const chat_json_t *v);
/* Member of an object; NULL when it is not an object or has no such member. */
const chat_json_t *chat_json_member(const chat_json_t *v, const char *name);
apr_size_t chat_json_count(const chat_json_t *v); /* members or elements, else 0 */
const chat_json_t *chat_json_element(const chat_json_t *v, apr_size_t i);
/* The string, NUL-terminated, and its bytes in *LEN unless LEN is NULL; NULL for none. */
const char *chat_json_string(const chat_json_t *v, apr_size_t *len);
/* The value as text, for parameters that clients write as number or string: strings as
 * they are, integers and reals in decimal, booleans as true/false; NULL for the rest. */
const char *chat_json_text(const chat_json_t *v, apr_pool_t *pool);
int chat_json_integer(apr_int64_t *out, const chat_json_t *v); /* 0 when it is not one */
int chat_json_boolean(int *out, const chat_json_t *v);

#endif
