/* SPDX-License-Identifier: Apache-2.0
 * kinglet_text.h - message texts of the Kinglet API: the names in them, and how they are
 * shown as HTML.
 *
 * Clients put the texts into a page unchanged, so the output is safe there: `<`, `>` and
 * `&` are escaped, non-ASCII characters are numeric entities, and the only elements are
 * the links that are created here.
 */
#ifndef CHAT_API_KINGLET_TEXT_H
#define CHAT_API_KINGLET_TEXT_H

#include "base/buffer.h"
#include "core/conversation.h"

/* Everyone that TEXT names: an at-sign that is not inside a word or a URL, and the
 * longest name that may follow. Spellings that differ in case only are listed once each.
 */
void chat_kinglet_addressees(chat_addressees_t *out, const chat_text_t *text,
                             apr_pool_t *pool);

#define CHAT_KINGLET_NAMES 1  /* @name becomes a link to /user/name */
#define CHAT_KINGLET_MAILS 2  /* addresses become links */
#define CHAT_KINGLET_BREAKS 4 /* line breaks become <br /> */

typedef struct chat_kinglet_html_t {
    unsigned flags;
    const char *recipients; /* of the message, which tell where a name ends; or NULL */
} chat_kinglet_html_t;

/* Adds TEXT as HTML; URLs always become links, with the URL as title and a label of at
 * most 30 characters. A link is all of the URL, brackets that it opens and letters of
 * every script included; a URL whose host is not ASCII, or hides another one, does not
 * become a link. */
void chat_kinglet_html(chat_buffer_t *out, const chat_text_t *text,
                       const chat_kinglet_html_t *how);

/* Adds TEXT without @names, at most 75 characters of it, escaped. */
void chat_kinglet_excerpt(chat_buffer_t *out, const chat_text_t *text);

#endif
