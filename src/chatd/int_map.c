/* SPDX-License-Identifier: Apache-2.0 */
/* Hash table from numbers to pointers: open addressing, gaps closed on removal. */
#include "chatd/int_map.h"

#include "chatd/rt/alloc.h"

#include <stdlib.h>

#define FIRST_SIZE 8

static size_t place(const chatd_int_map_t *t, int64_t key)
{
    /* Fibonacci hashing: keys are counters */
    return (size_t)((uint64_t)key * UINT64_C(11400714819323198485) >> 32) & (t->size - 1);
}

/* The slot of KEY, or the free one where it belongs. */
static size_t find(const chatd_int_map_t *t, int64_t key)
{
    size_t i = place(t, key);
    while (t->slots[i].key && t->slots[i].key != key)
        i = (i + 1) & (t->size - 1);
    return i;
}

void *chatd_int_map_get(const chatd_int_map_t *t, int64_t key)
{
    return t->size ? t->slots[find(t, key)].value : NULL;
}

static void grow(chatd_int_map_t *t)
{
    chatd_int_map_t larger = {NULL, t->size ? t->size * 2 : FIRST_SIZE, t->used};
    larger.slots = rt_alloc(larger.size * sizeof(*larger.slots));
    for (size_t i = 0; i < t->size; i++) {
        if (t->slots[i].key)
            larger.slots[find(&larger, t->slots[i].key)] = t->slots[i];
    }
    free(t->slots);
    *t = larger;
}

/* Closes the gap at I: entries that were displaced past it move back. */
static void remove_at(chatd_int_map_t *t, size_t i)
{
    size_t next = i;
    t->used--;
    for (;;) {
        size_t home;
        t->slots[i].key = 0;
        t->slots[i].value = NULL;
        do {
            next = (next + 1) & (t->size - 1);
            if (!t->slots[next].key)
                return;
            home = place(t, t->slots[next].key);
        } while (i <= next ? i < home && home <= next : i < home || home <= next);
        t->slots[i] = t->slots[next];
        i = next;
    }
}

void chatd_int_map_set(chatd_int_map_t *t, int64_t key, void *value)
{
    size_t i;
    if (!value) {
        if (t->size && t->slots[i = find(t, key)].key)
            remove_at(t, i);
        return;
    }
    if ((t->used + 1) * 4 > t->size * 3)
        grow(t);
    i = find(t, key);
    t->used += !t->slots[i].key;
    t->slots[i].key = key;
    t->slots[i].value = value;
}

void *chatd_int_map_next(const chatd_int_map_t *t, size_t *i, int64_t *key)
{
    while (*i < t->size) {
        void *value = t->slots[*i].value;
        if (value && key)
            *key = t->slots[*i].key;
        (*i)++;
        if (value)
            return value;
    }
    return NULL;
}

void chatd_int_map_free(chatd_int_map_t *t)
{
    free(t->slots);
    *t = (chatd_int_map_t){0};
}
