/* SPDX-License-Identifier: Apache-2.0
 * int_map.h - a hash table from numbers to things; grows, keeps nothing alive by itself.
 */
#ifndef CHAT_CHATD_INT_MAP_H
#define CHAT_CHATD_INT_MAP_H

#include <stddef.h>
#include <stdint.h>

/* Zeroed is empty. Keys are not 0. */
typedef struct chatd_int_map_t {
    struct {
        int64_t key;
        void *value;
    } * slots;
    size_t size, used;
} chatd_int_map_t;

void *chatd_int_map_get(const chatd_int_map_t *t, int64_t key);
/* Sets, replaces, or with VALUE NULL removes. */
void chatd_int_map_set(chatd_int_map_t *t, int64_t key, void *value);
/* The next value at or behind position *I, which moves on, and its *KEY (unless NULL);
 * NULL at the end. The table must not change meanwhile. */
void *chatd_int_map_next(const chatd_int_map_t *t, size_t *i, int64_t *key);
void chatd_int_map_free(chatd_int_map_t *t);

#endif
