/* SPDX-License-Identifier: Apache-2.0
 * words.h - the words of a text, as a search compares them.
 *
 * A word is in one case, without diacritics and compatibility forms, so that "Müller",
 * "MULLER" and full-width letters are one. Scripts that are written without blanks
 * (Chinese, Japanese, Thai ...), Hangul and symbols have no words: there each character
 * is one, and each pair of neighbours another at the same position. What is not letter,
 * mark, digit, underscore or symbol separates.
 */
#ifndef CHAT_BASE_WORDS_H
#define CHAT_BASE_WORDS_H

#include <apr_pools.h>

/* Bytes of a text that are looked at, and of a word that are compared. */
#define CHAT_WORDS_BYTES 16384
#define CHAT_WORD_BYTES 64

/* One character of the folded text, and the characters of the text that it stands for. */
typedef struct chat_word_unit_t {
    apr_uint32_t c; /* 0: none */
    apr_uint32_t begin, end;
} chat_word_unit_t;

typedef struct chat_word_t {
    char text[CHAT_WORD_BYTES]; /* UTF-8, LEN bytes, not NUL-terminated */
    apr_size_t len;
    apr_uint32_t position;   /* from 0; both words of a pair have the first one's */
    apr_uint32_t begin, end; /* characters of the text, from 0; END is behind the last */
    int dense; /* 1: a character of a script without blanks; 2: a pair of them, which is
                  given between its two */
} chat_word_t;

typedef struct chat_words_t {
    const char *s, *end;         /* of the text */
    apr_uint32_t at;             /* characters before s */
    const char *rest;            /* folded, of the character before s */
    chat_word_unit_t raw, ahead; /* the next two; `ahead` with all its parts */
    apr_uint32_t position;
    chat_word_unit_t pair; /* the dense character that was given alone, when another
                              follows it */
    int full;              /* the word under way is longer than is compared */
} chat_words_t;

/* Begins with S, LEN bytes of valid UTF-8 of which the first CHAT_WORDS_BYTES count. */
void chat_words_begin(chat_words_t *w, const char *s, apr_size_t len);
/* The next word; 0 at the end. */
int chat_words_next(chat_word_t *out, chat_words_t *w);

#endif
