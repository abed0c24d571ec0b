/* SPDX-License-Identifier: Apache-2.0 */
/* Shared output buffers, and texts that become buffers. */
#include "chatd/rt/buf.h"

#include <stdlib.h>
#include <string.h>

#define TEXT_FIRST 128
#define TEXT_MAX (1u << 30)

rt_buf *rt_buf_create(size_t len)
{
    rt_buf *buf;
    if (len > TEXT_MAX)
        abort();
    buf = rt_resize(NULL, sizeof(*buf) + len);
    buf->refs = 1;
    buf->start = 0;
    buf->len = (uint32_t)len;
    return buf;
}

rt_buf *rt_buf_copy(const void *bytes, size_t len)
{
    rt_buf *buf = rt_buf_create(len);
    if (len)
        memcpy(buf->data, bytes, len);
    return buf;
}

void rt_buf_unref(rt_buf *buf)
{
    if (buf && --buf->refs == 0)
        free(buf);
}

static void text_reserve(rt_text *text, size_t more)
{
    size_t used = text->buf ? text->buf->start + text->buf->len : 0;
    size_t cap = text->cap ? text->cap : TEXT_FIRST;
    int fresh = !text->buf;
    if (!fresh && more <= text->cap - used)
        return;
    if (more > TEXT_MAX - used)
        abort();
    while (cap < used + more)
        cap *= 2;
    text->buf = rt_resize(text->buf, sizeof(*text->buf) + cap);
    text->cap = cap;
    if (fresh) {
        text->buf->refs = 1;
        text->buf->start = text->buf->len = 0;
    }
}

void rt_text_gap(rt_text *text, size_t gap)
{
    text_reserve(text, gap);
    text->buf->start = (uint32_t)gap;
}

void rt_text_add(rt_text *text, const void *bytes, size_t len)
{
    text_reserve(text, len);
    if (len)
        memcpy(rt_buf_bytes(text->buf) + text->buf->len, bytes, len);
    text->buf->len += (uint32_t)len;
}

void rt_text_puts(rt_text *text, const char *string)
{
    rt_text_add(text, string, strlen(string));
}

void rt_text_putc(rt_text *text, uint8_t byte)
{
    rt_text_add(text, &byte, 1);
}

void rt_text_number(rt_text *text, uint64_t number)
{
    char digits[20];
    size_t at = sizeof(digits);
    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number);
    rt_text_add(text, digits + at, sizeof(digits) - at);
}

size_t rt_text_len(const rt_text *text)
{
    return text->buf ? text->buf->len : 0;
}

rt_buf *rt_text_take(rt_text *text)
{
    rt_buf *buf;
    text_reserve(text, 0);
    buf = text->buf;
    text->buf = NULL;
    text->cap = 0;
    return buf;
}

void rt_text_free(rt_text *text)
{
    rt_buf_unref(text->buf);
    text->buf = NULL;
    text->cap = 0;
}

void rt_buf_prepend(rt_buf *buf, const void *bytes, size_t len)
{
    if (len > buf->start)
        abort();
    buf->start -= (uint32_t)len;
    buf->len += (uint32_t)len;
    memcpy(rt_buf_bytes(buf), bytes, len);
}
