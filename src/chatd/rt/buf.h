/* SPDX-License-Identifier: Apache-2.0
 * Bytes to be sent: shared, reference-counted, not changed once shared. One broadcast
 * creates one buffer, every receiver's queue holds a reference to it.
 */
#ifndef RT_BUF_H
#define RT_BUF_H

#include "chatd/rt/alloc.h"

typedef struct rt_buf {
    uint32_t refs;
    uint32_t start; /* the bytes are data[start] … data[start + len - 1] */
    uint32_t len;
    uint8_t data[];
} rt_buf;

/* A buffer of LEN bytes with one reference; the maker fills it before sharing it. */
rt_buf *rt_buf_create(size_t len);
rt_buf *rt_buf_copy(const void *bytes, size_t len);
void rt_buf_unref(rt_buf *buf);

static inline rt_buf *rt_buf_ref(rt_buf *buf)
{
    buf->refs++;
    return buf;
}

static inline uint8_t *rt_buf_bytes(rt_buf *buf)
{
    return buf->data + buf->start;
}

/*
 * A growing text that becomes a buffer without another copy. Zeroed = empty. For texts
 * that have a limit elsewhere; more than 1 GiB ends the process. */
typedef struct rt_text {
    rt_buf *buf;
    size_t cap;
} rt_text;

/* The first GAP bytes are left for a head that rt_buf_prepend() writes later. */
void rt_text_gap(rt_text *text, size_t gap);
void rt_text_add(rt_text *text, const void *bytes, size_t len);
void rt_text_puts(rt_text *text, const char *string);
void rt_text_putc(rt_text *text, uint8_t byte);
void rt_text_number(rt_text *text, uint64_t number);
size_t rt_text_len(const rt_text *text);
/* The buffer with its one reference; the text is empty afterwards. */
rt_buf *rt_text_take(rt_text *text);
void rt_text_free(rt_text *text);

/* Puts LEN <= buf->start bytes before the first one. */
void rt_buf_prepend(rt_buf *buf, const void *bytes, size_t len);

#endif
