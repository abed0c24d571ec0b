/* SPDX-License-Identifier: Apache-2.0
 * text.h - UTF-8 and numbers in text.
 *
 * Text inside mod_chat is always valid UTF-8 without U+0000; these functions check what
 * enters. Normal form and case folding are libunistring's.
 */
#ifndef CHAT_BASE_TEXT_H
#define CHAT_BASE_TEXT_H

#include <apr_pools.h>

/* Whether S is valid UTF-8 (no surrogates, nothing above U+10FFFF, shortest form) without
 * U+0000. */
int chat_text_valid(const char *s, apr_size_t len);

/* Number of characters of valid UTF-8. */
apr_size_t chat_text_length(const char *s, apr_size_t len);

/* Whether S has nothing but Unicode White_Space; true of the empty text. */
int chat_text_blank(const char *s, apr_size_t len);

/* What a text is made of, for password rules; characters, not bytes. "Symbol" is a
 * printable character that is neither letter, digit nor white space. A character counts
 * in one of letters, digits, symbols, blanks and controls, or (format characters,
 * unassigned) in none; uppers are letters. */
typedef struct chat_text_kinds_t {
    int length, letters, uppers, digits, symbols, blanks, controls;
} chat_text_kinds_t;
void chat_text_kinds(chat_text_kinds_t *out, const char *s, apr_size_t len);

/* Whole decimal number, optional sign, nothing before or behind, in range; else 0
 * returned and *OUT untouched. */
int chat_text_int64(apr_int64_t *out, const char *s);

/* Finite decimal number as JSON or C writes it (no hex, no inf/nan); locale-free. */
int chat_text_double(double *out, const char *s);

#define CHAT_REAL_SIZE 32

/* Writes the shortest decimal text that reads back as N, with a point or an exponent, and
 * NUL; locale-free; returns its length. Not for inf and nan. */
int chat_text_real(char out[CHAT_REAL_SIZE], double n);

/* A copy of S with U+FFFD for each part that is not UTF-8, U+0000 kept; *LEN becomes the
 * copy's length. */
const char *chat_text_repair(const char *s, apr_size_t *len, apr_pool_t *pool);

/* The character at *S, which moves past it; *S < END. U+FFFD, and one byte or more, for
 * what is not UTF-8. */
apr_uint32_t chat_text_next(const char **s, const char *end);

/* Whether C belongs to a word: a letter, mark, digit or underscore. */
int chat_text_word(apr_uint32_t c);

/* Whether the text is one emoji as Unicode counts them (a grapheme cluster): a base with
 * its modifiers and joined ones, a flag, a keycap. */
int chat_text_emoji(const char *s, apr_size_t len);

/* Whether A and B, valid UTF-8, are the same text in any normal form. */
int chat_text_same(const char *a, const char *b);

/* Lower-case copy of ASCII letters only. */
const char *chat_text_lower(const char *s, apr_pool_t *pool);

#endif
