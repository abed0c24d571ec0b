/* SPDX-License-Identifier: Apache-2.0 */
/* UTF-8 as RFC 3629 defines it (no surrogates, no overlong forms), checked in pieces. */
#ifndef RT_UTF8_H
#define RT_UTF8_H

#include <stddef.h>
#include <stdint.h>

/* Zeroed = at a character's start. */
typedef struct rt_utf8 {
    uint8_t need; /* continuation bytes still to come */
    uint8_t low;  /* bounds of the next one */
    uint8_t high;
} rt_utf8;

/* False at the first byte that no continuation could make valid. */
int rt_utf8_feed(rt_utf8 *state, const uint8_t *bytes, size_t len);
/* Whether the bytes so far end with a whole character. */
int rt_utf8_complete(const rt_utf8 *state);
/* Both at once. */
int rt_utf8_valid(const uint8_t *bytes, size_t len);
/* Length in UTF-16 code units of valid UTF-8: what JavaScript calls length. */
size_t rt_utf8_units(const uint8_t *bytes, size_t len);

#endif
