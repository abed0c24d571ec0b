/* SPDX-License-Identifier: Apache-2.0
 * posting.h - where a word stands in the messages of one block: how it is written in the
 * index. Private to the store.
 *
 * A block has at most CHAT_BLOCK_MAX numbers. Entries go up by number; each has the place
 * that may read it and the positions of the word, or none when the entry says all.
 * Printable characters that neither JSON nor SQL escapes; what is not well-formed ends
 * the list.
 */
#ifndef CHAT_STORE_POSTING_H
#define CHAT_STORE_POSTING_H

#include "base/buffer.h"

#define CHAT_BLOCK_MAX 16384

/* Writes one list. */
typedef struct chat_posting_writer_t {
    chat_buffer_t out;
    int slot;          /* of the entry under way; -1: none */
    apr_int64_t place; /* of the last entry */
    apr_uint32_t next; /* the lowest position that may follow */
} chat_posting_writer_t;

void chat_posting_begin(chat_posting_writer_t *w, apr_pool_t *pool);
/* An entry for the number SLOT of the block, not below the last one. */
void chat_posting_entry(chat_posting_writer_t *w, int slot, apr_int64_t place);
/* A position in it, above the last one. */
void chat_posting_position(chat_posting_writer_t *w, apr_uint32_t position);
/* The list; nothing can be added then. */
const char *chat_posting_text(chat_posting_writer_t *w);

/* Reads one; the text ends with a NUL. */
typedef struct chat_posting_t {
    const char *s;
    int slot;
    apr_int64_t place;
    apr_uint32_t position;
} chat_posting_t;

void chat_posting_open(chat_posting_t *p, const char *text);
/* The next entry into `slot` and `place`, when the last one's positions were read or
 * skipped; 0 at the end. */
static inline int chat_posting_next(chat_posting_t *p);
/* The positions of an entry, which begin at TEXT: `s` of chat_posting_next(). */
void chat_posting_again(chat_posting_t *p, const char *text);
/* The entry's next position into `position`; 0 at its end. */
static inline int chat_posting_read(chat_posting_t *p);
/* Passes over the entry's positions, when none was read. */
static inline void chat_posting_skip(chat_posting_t *p);

/* ---- the form ---- */

/* Numbers of five bits a character, the lowest first; the sixth bit says that more
 * follow. Only 0, which ends an entry, has this as its last character. */
#define CHAT_POSTING_ZERO '0'

/* Reads a number at S and returns where it ends; NULL: it is not well-formed. */
const char *chat_posting_number(apr_uint64_t *n, const char *s);

/* Most numbers have one character. */
static inline int chat_posting_get(apr_uint64_t *n, chat_posting_t *p)
{
    unsigned digit = (unsigned)*p->s - CHAT_POSTING_ZERO;
    const char *end = p->s + 1;
    *n = digit;
    if (digit >= 32) {
        end = chat_posting_number(n, p->s);
        if (!end)
            return 0;
    }
    p->s = end;
    return 1;
}

static inline int chat_posting_next(chat_posting_t *p)
{
    apr_uint64_t head, place;
    if (!chat_posting_get(&head, p) ||
        head >> 1 >= (apr_uint64_t)(CHAT_BLOCK_MAX - 1 - p->slot))
        return 0;
    if (head & 1) {
        if (!chat_posting_get(&place, p))
            return 0;
        p->place = (apr_int64_t)place;
    }
    p->slot += (int)(head >> 1) + 1;
    p->position = APR_UINT32_MAX;
    return 1;
}

static inline void chat_posting_skip(chat_posting_t *p)
{
    while (*p->s > CHAT_POSTING_ZERO)
        p->s++;
    p->s += *p->s == CHAT_POSTING_ZERO;
}

static inline int chat_posting_read(chat_posting_t *p)
{
    apr_uint64_t gap;
    if (!chat_posting_get(&gap, p) || !gap || gap > APR_INT32_MAX)
        return 0;
    p->position += (apr_uint32_t)gap;
    return 1;
}

#endif
