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

/* Reads one. */
typedef struct chat_posting_t {
    const char *s, *end;
    int slot;
    apr_int64_t place;
    apr_uint32_t position;
} chat_posting_t;

void chat_posting_open(chat_posting_t *p, const char *text, apr_size_t len);
/* The next entry into `slot` and `place`, when the last one's positions were read or
 * skipped; 0 at the end. */
int chat_posting_next(chat_posting_t *p);
/* The entry's next position into `position`; 0 at its end. */
int chat_posting_read(chat_posting_t *p);
/* Passes over the entry's positions, when none was read. */
void chat_posting_skip(chat_posting_t *p);

#endif
