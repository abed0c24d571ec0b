/* SPDX-License-Identifier: Apache-2.0
 * name.h - names of accounts, channels and chatrooms: what they may be, how they are
 * compared, where they end in a text. Normal form and case folding are libunistring's.
 */
#ifndef CHAT_BASE_NAME_H
#define CHAT_BASE_NAME_H

#include <apr_pools.h>

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
 * characters; one script when there are non-ASCII letters; Latin and Han go together with
 * Hiragana and Katakana, with Bopomofo, or with Hangul, as people write them; what RFC
 * 5892 allows in a context is allowed there: the joiners, l-middle dot-l, geresh, the
 * katakana middle dot) and sets *KEY, in POOL, to what is compared: without invisible
 * characters (Default_Ignorable_Code_Point), NFKC, case folded, NFKC again. *KEY is NULL
 * when the name is refused. */
chat_name_t chat_name_account(const char **key, const char *name, apr_pool_t *pool);

/* The same with single spaces inside. */
chat_name_t chat_name_spaced(const char **key, const char *name, apr_pool_t *pool);

/* The same for a channel or chatroom: 1-64 printable characters, no leading or trailing
 * space. The joiners and variation selectors of emoji and of some scripts are allowed;
 * the key, which has none of them and one space for white space of any length, must not
 * be blank. */
chat_name_t chat_name_channel(const char **key, const char *name, apr_pool_t *pool);

/* The key of any text by the same folding, for look-ups; never fails (text that is not
 * valid folds to itself). */
const char *chat_name_fold(const char *name, apr_pool_t *pool);
/* The same for a channel's name. Channels of release 0.1 may have chat_name_fold's. */
const char *chat_name_fold_channel(const char *name, apr_pool_t *pool);

/* Whether C may be in what folds to an account's name, and is not in a word. */
int chat_name_character(apr_uint32_t c);

/* Marks without a shape: joiners, directions. */
int chat_text_invisible(apr_uint32_t c);

/* Punctuation of other scripts that ends or separates words; dashes and joiners do not.
 */
int chat_text_closing(apr_uint32_t c);

/* S is the longest name that a text may mean, LEN bytes: the length of the next shorter
 * one, which ends where a word or its punctuation does; 0 when there is no shorter one.
 */
apr_size_t chat_name_shorter(const char *s, apr_size_t len);
/* The same without the punctuation that ends it. */
apr_size_t chat_name_trimmed(const char *s, apr_size_t len);

#endif
