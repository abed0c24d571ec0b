/* SPDX-License-Identifier: Apache-2.0 */
/* Growing buffers with an upper bound. */
#include "base/buffer.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <stdarg.h>

#define SMALLEST 64

/* One byte more than `size` is always there, so that chat_buffer_text needs no room. */
static char *allocate(apr_pool_t *pool, apr_size_t size)
{
    return apr_palloc(pool, size + 1);
}

void chat_buffer_init(chat_buffer_t *b, apr_size_t size, apr_size_t max, apr_pool_t *pool)
{
    if (size > max)
        size = max;
    b->data = allocate(pool, size);
    b->len = 0;
    b->size = size;
    b->max = max;
    b->overflow = 0;
    b->pool = pool;
}

int chat_buffer_grow(chat_buffer_t *b, apr_size_t n)
{
    apr_size_t size;
    char *data;
    if (b->size - b->len >= n)
        return 1;
    if (b->overflow || n > b->max - b->len) {
        /* Without free bytes, later and shorter additions come here too and are dropped:
         * the content stays a prefix of the intended one. */
        b->overflow = 1;
        b->size = b->len;
        return 0;
    }
    size = b->size > b->max / 2 ? b->max : b->size * 2;
    if (size < SMALLEST)
        size = SMALLEST < b->max ? SMALLEST : b->max;
    /* what ends a text comes behind a long part of it */
    if (size - b->len < n)
        size = b->max - b->len - n > SMALLEST ? b->len + n + SMALLEST : b->max;
    data = allocate(b->pool, size);
    memcpy(data, b->data, b->len);
    b->data = data;
    b->size = size;
    return 1;
}

void chat_buffer_take(chat_buffer_t *b, chat_buffer_t *with, apr_size_t skip)
{
    apr_size_t len = with->len - skip;
    if (b->overflow || b->len > skip || len > b->max - b->len) {
        chat_buffer_add(b, with->data + skip, len);
        return;
    }
    memcpy(with->data + skip - b->len, b->data, b->len);
    b->data = with->data + skip - b->len;
    b->len += len;
    b->size = b->len + (with->size - with->len);
}

void chat_buffer_int(chat_buffer_t *b, apr_int64_t n)
{
    char text[CHAT_INT_SIZE];
    chat_buffer_add(b, text, (apr_size_t)chat_int_text(text, n));
}

static int count_digits(apr_uint64_t u)
{
    int n = 1;
    while (u >= 10000) {
        u /= 10000;
        n += 4;
    }
    return u >= 1000 ? n + 3 : u >= 100 ? n + 2 : u >= 10 ? n + 1 : n;
}

int chat_int_text(char out[CHAT_INT_SIZE], apr_int64_t n)
{
    static const char pairs[] = "00010203040506070809101112131415161718192021222324"
                                "25262728293031323334353637383940414243444546474849"
                                "50515253545556575859606162636465666768697071727374"
                                "75767778798081828384858687888990919293949596979899";
    apr_uint64_t u = n < 0 ? 0 - (apr_uint64_t)n : (apr_uint64_t)n;
    int len = count_digits(u) + (n < 0);
    char *p = out + len;
    *p = '\0';
    while (u >= 100) {
        p -= 2;
        memcpy(p, pairs + u % 100 * 2, 2);
        u /= 100;
    }
    if (u >= 10)
        memcpy(p - 2, pairs + u * 2, 2);
    else
        p[-1] = (char)('0' + u);
    if (n < 0)
        *out = '-';
    return len;
}

typedef struct sink_t {
    apr_vformatter_buff_t vbuff; /* first: apr_vformatter hands its address back */
    chat_buffer_t *buffer;
} sink_t;

static int sink_flush(apr_vformatter_buff_t *vbuff)
{
    sink_t *sink = (sink_t *)vbuff;
    chat_buffer_t *b = sink->buffer;
    b->len = (apr_size_t)(vbuff->curpos - b->data);
    if (!chat_buffer_grow(b, 1))
        return -1;
    vbuff->curpos = b->data + b->len;
    vbuff->endpos = b->data + b->size;
    return 0;
}

void chat_buffer_printf(chat_buffer_t *b, const char *format, ...)
{
    sink_t sink;
    va_list args;
    sink.buffer = b;
    sink.vbuff.curpos = b->data + b->len;
    sink.vbuff.endpos = b->data + b->size;
    va_start(args, format);
    if (apr_vformatter(sink_flush, &sink.vbuff, format, args) >= 0)
        b->len = (apr_size_t)(sink.vbuff.curpos - b->data);
    va_end(args);
}

const char *chat_buffer_text(chat_buffer_t *b)
{
    b->data[b->len] = '\0';
    return b->data;
}
