/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of entries as text. */
#include "store/posting.h"

#define BACKSLASH '\\'
#define MORE 32
#define DIGITS_MAX 13 /* 64 bits */

static void put(chat_buffer_t *out, apr_uint64_t n)
{
    do {
        char c = (char)(CHAT_POSTING_ZERO + (n & 31) + (n > 31 ? MORE : 0));
        chat_buffer_byte(out, (char)(c + (c >= BACKSLASH)));
        n >>= 5;
    } while (n);
}

const char *chat_posting_number(apr_uint64_t *n, const char *s)
{
    *n = 0;
    for (int i = 0; i < DIGITS_MAX; i++) {
        int c = (unsigned char)*s++;
        c -= CHAT_POSTING_ZERO + (c > BACKSLASH);
        if (c < 0 || c > 63)
            break;
        *n |= (apr_uint64_t)(c & 31) << (5 * i);
        if (!(c & MORE))
            return s;
    }
    return NULL;
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

void chat_posting_open(chat_posting_t *p, const char *text)
{
    p->s = text;
    p->slot = -1;
    p->place = 0;
}

void chat_posting_again(chat_posting_t *p, const char *text)
{
    p->s = text;
    p->position = APR_UINT32_MAX;
}
