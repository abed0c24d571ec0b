/* SPDX-License-Identifier: Apache-2.0
 * buffer.h - one growing block of bytes in a pool, with an upper bound.
 *
 * A buffer never fails half-way: when the bound would be passed it keeps what it has,
 * drops the rest and sets `overflow`; the caller looks once, at the end.
 */
#ifndef CHAT_BASE_BUFFER_H
#define CHAT_BASE_BUFFER_H

#include <apr_pools.h>
#include <string.h>

typedef struct chat_buffer_t {
    char *data; /* not NUL-terminated; see chat_buffer_text */
    apr_size_t len;
    apr_size_t size; /* bytes allocated */
    apr_size_t max;  /* bytes it may ever hold */
    int overflow;
    apr_pool_t *pool;
} chat_buffer_t;

/* A buffer of SIZE bytes at first that may grow to MAX. Lives as long as POOL. */
void chat_buffer_init(chat_buffer_t *b, apr_size_t size, apr_size_t max,
                      apr_pool_t *pool);

/* Room for N more bytes at data + len; 0 when that would pass the bound. */
int chat_buffer_grow(chat_buffer_t *b, apr_size_t n);

static inline int chat_buffer_reserve(chat_buffer_t *b, apr_size_t n)
{
    return b->size - b->len >= n || chat_buffer_grow(b, n);
}

static inline void chat_buffer_add(chat_buffer_t *b, const void *data, apr_size_t n)
{
    if (n && chat_buffer_reserve(b, n)) {
        memcpy(b->data + b->len, data, n);
        b->len += n;
    }
}

static inline void chat_buffer_byte(chat_buffer_t *b, char c)
{
    if (chat_buffer_reserve(b, 1))
        b->data[b->len++] = c;
}

static inline void chat_buffer_puts(chat_buffer_t *b, const char *s)
{
    chat_buffer_add(b, s, strlen(s));
}

/* Appends the content of WITH, of which the first SKIP bytes are no longer needed, in its
 * place where what B has so far fits before it. WITH lives as long, and is B's then. */
void chat_buffer_take(chat_buffer_t *b, chat_buffer_t *with, apr_size_t skip);

/* Decimal digits of N. */
void chat_buffer_int(chat_buffer_t *b, apr_int64_t n);

#define CHAT_INT_SIZE 21 /* "-9223372036854775808" and NUL */

/* Writes the digits of N and NUL; returns their number. */
int chat_int_text(char out[CHAT_INT_SIZE], apr_int64_t n);

/* apr_vformatter's formats. */
void chat_buffer_printf(chat_buffer_t *b, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The content followed by a NUL that does not count. */
const char *chat_buffer_text(chat_buffer_t *b);

#endif
