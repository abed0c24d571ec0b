/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of entries as text: numbers of five bits a character, the lowest first, the sixth
 * bit says that more follow. */
#include "store/posting.h"

#define FIRST '0'
#define BACKSLASH '\\'
#define MORE 32
#define DIGITS_MAX 13 /* 64 bits */

static void put(chat_buffer_t *out, apr_uint64_t n)
{
    do {
        char c = (char)(FIRST + (n & 31) + (n > 31 ? MORE : 0));
        chat_buffer_byte(out, (char)(c + (c >= BACKSLASH)));
        n >>= 5;
    } while (n);
}

/* 0: it is not well-formed; nothing more is read then. */
static int get(apr_uint64_t *n, chat_posting_t *p)
{
    if (p->s < p->end && *p->s >= FIRST && *p->s < FIRST + MORE) { /* most have one */
        *n = (apr_uint64_t)(*p->s++ - FIRST);
        return 1;
    }
    *n = 0;
    for (int i = 0; p->s < p->end && i < DIGITS_MAX; i++) {
        int c = (unsigned char)*p->s++;
        c -= FIRST + (c > BACKSLASH);
        if (c < 0 || c > 63)
            break;
        *n |= (apr_uint64_t)(c & 31) << (5 * i);
        if (!(c & MORE))
            return 1;
    }
    p->s = p->end;
    return 0;
}

void chat_posting_begin(chat_posting_writer_t *w, apr_pool_t *pool)
{
    chat_buffer_init(&w->out, 32, APR_INT32_MAX, pool);
    w->slot = -1;
    w->place = 0;
}

void chat_posting_entry(chat_posting_writer_t *w, int slot, apr_int64_t place)
{
    int gap = slot - w->slot - 1;
    if (slot == w->slot)
        return;
    if (w->slot >= 0)
        put(&w->out, 0);
    put(&w->out, (apr_uint64_t)gap << 1 | (place != w->place));
    if (place != w->place)
        put(&w->out, (apr_uint64_t)place);
    w->slot = slot;
    w->place = place;
    w->next = 0;
}

void chat_posting_position(chat_posting_writer_t *w, apr_uint32_t position)
{
    put(&w->out, position - w->next + 1);
    w->next = position + 1;
}

const char *chat_posting_text(chat_posting_writer_t *w)
{
    if (w->slot >= 0)
        put(&w->out, 0);
    return chat_buffer_text(&w->out);
}

void chat_posting_open(chat_posting_t *p, const char *text, apr_size_t len)
{
    p->s = text;
    p->end = text + len;
    p->slot = -1;
    p->place = 0;
}

int chat_posting_next(chat_posting_t *p)
{
    apr_uint64_t head, place;
    if (!get(&head, p) || head >> 1 >= (apr_uint64_t)(CHAT_BLOCK_MAX - 1 - p->slot))
        return 0;
    if (head & 1) {
        if (!get(&place, p))
            return 0;
        p->place = (apr_int64_t)place;
    }
    p->slot += (int)(head >> 1) + 1;
    p->position = APR_UINT32_MAX;
    return 1;
}

/* Only 0 has the first digit as its last one. */
void chat_posting_skip(chat_posting_t *p)
{
    const char *end = memchr(p->s, FIRST, (apr_size_t)(p->end - p->s));
    p->s = end ? end + 1 : p->end;
}

int chat_posting_read(chat_posting_t *p)
{
    apr_uint64_t gap;
    if (!get(&gap, p) || !gap || gap > APR_INT32_MAX)
        return 0;
    p->position += (apr_uint32_t)gap;
    return 1;
}
