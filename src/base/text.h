/* SPDX-License-Identifier: Apache-2.0
 * text.h - UTF-8, names, numbers in text.
 *
 * Text inside mod_chat is always valid UTF-8 without U+0000; these functions stand at the
 * door. Normal form and case folding are libunistring's.
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

/* Result of a look at a name. */
typedef enum chat_name_t {
    CHAT_NAME_OK,
    CHAT_NAME_EMPTY,
    CHAT_NAME_LONG,      /* over 64 characters, or over 255 bytes as key */
    CHAT_NAME_CHARACTER, /* a character that names may not have, or invalid UTF-8 */
    CHAT_NAME_SCRIPTS,   /* letters of several scripts in one word */
    CHAT_NAME_MARKS      /* more than four marks on a letter, or a mark alone or twice */
} chat_name_t;

/* Why a name was refused, for a sentence about it: "it is too long". */
const char *chat_name_reason(chat_name_t result);

/* Checks an account's name (letters, marks, digits, `_ . -`, no invisible ones; 1-64
 * characters; one script when there are non-ASCII letters;
 * Latin and Han go together with Hiragana and Katakana, with Bopomofo, or with Hangul, as
 * people write them; what RFC 5892 lets stand in a context stands there: the joiners,
 * l-middle dot-l, geresh, the katakana middle dot) and sets *KEY, in POOL, to what is
 * compared: without invisible characters (Default_Ignorable_Code_Point), NFKC, case
 * folded, NFKC again. *KEY is NULL when the name is refused. */
chat_name_t chat_name_account(const char **key, const char *name, apr_pool_t *pool);

/* The same with single spaces inside. */
chat_name_t chat_name_spaced(const char **key, const char *name, apr_pool_t *pool);

/* The same for a channel or chatroom: 1-64 printable characters, no blank at either end.
 * The joiners and variation selectors of emoji and of some scripts are let in; the key,
 * which has none of them, must not be blank. */
chat_name_t chat_name_channel(const char **key, const char *name, apr_pool_t *pool);

/* The key of any text by the same folding, for look-ups; never fails (text that is not
 * valid folds to itself). */
const char *chat_name_fold(const char *name, apr_pool_t *pool);

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

/* The character at *S, which moves behind it; *S < END. U+FFFD, and one byte or more, for
 * what is not UTF-8. */
apr_uint32_t chat_text_next(const char **s, const char *end);

/* Whether C belongs to a word: a letter, mark, digit or underscore. */
int chat_text_word(apr_uint32_t c);

/* Whether A and B, valid UTF-8, are the same text in whatever normal form. */
int chat_text_same(const char *a, const char *b);

/* Whether C may be in an account's name, alone or in a context, and is not in a word. */
int chat_text_name(apr_uint32_t c);

/* Punctuation of other scripts that closes or parts what stands before it; dashes and
 * what joins words do not. */
int chat_text_closing(apr_uint32_t c);

/* S is the longest name that a text may mean, LEN bytes: the length of the next shorter
 * one, which ends where a word or its punctuation does; 0 when there is none. */
apr_size_t chat_text_shorter(const char *s, apr_size_t len);
/* The same without the punctuation that ends it. */
apr_size_t chat_text_trimmed(const char *s, apr_size_t len);

/* Lower-case copy of ASCII letters only. */
const char *chat_text_lower(const char *s, apr_pool_t *pool);

#endif
