/* SPDX-License-Identifier: Apache-2.0
 * items.h - the elements of a large array in a JSON file, one after the other, without
 * the whole of it in memory.
 */
#ifndef CHAT_CHATCTL_ITEMS_H
#define CHAT_CHATCTL_ITEMS_H

#include "render/json.h"

typedef struct chatctl_items_t {
    const char *at, *end; /* of what is still to come */
    const char *text;     /* the element that was read last, LEN bytes */
    apr_size_t len;
    int entry;   /* its number, from 1 */
    int wrapped; /* the array is a member of an object */
} chatctl_items_t;

/* Maps FILE into memory as long as POOL lives and goes to its array: MEMBER of the object
 * that the file is, or with NULL the file itself. *HEAD, unless HEAD is NULL: an object
 * of the members before. NULL, or the fault. */
const char *chatctl_items_open(chatctl_items_t *out, const chat_json_t **head,
                               const char *file, const char *member, apr_pool_t *pool);
/* Goes to the next element; its text is NULL after the last. NULL, or the fault. */
const char *chatctl_items_next(chatctl_items_t *items);
/* The element, an object, in POOL. NULL, or the fault. */
const char *chatctl_items_parse(const chat_json_t **out, const char *text, apr_size_t len,
                                apr_pool_t *pool);

#endif
