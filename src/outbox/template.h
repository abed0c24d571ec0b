/* SPDX-License-Identifier: Apache-2.0
 * template.h - the texts of mails.
 *
 * A template is headers, a blank line and a text in UTF-8. @NAME@, @EMAIL@, @PASSWORD@,
 * @DIGEST@ and @LINK@ are replaced with values; all other text is unchanged. Values in
 * headers are reduced to printable ASCII, so that nothing in them can begin another
 * header.
 */
#ifndef CHAT_OUTBOX_TEMPLATE_H
#define CHAT_OUTBOX_TEMPLATE_H

#include "base/buffer.h"

#define CHAT_TEMPLATE_MAX 32768 /* bytes of a template's file */

typedef struct chat_template_value_t {
    const char *name;  /* without the at-signs */
    const char *value; /* without line breaks */
} chat_template_value_t;

/* The template NAME ("activation", "password"): DIR/NAME.txt if DIR is not NULL and has
 * it, else the one that is built in. CHAT_TOOBIG, CHAT_MALFORMED (no headers, no blank
 * line, not UTF-8), CHAT_NOTFOUND for an unknown name. */
apr_status_t chat_template_load(const char **out, const char *dir, const char *name,
                                apr_pool_t *pool);

/* Adds TEMPLATE with VALUES (ended by name NULL) in it; CRs are dropped. */
void chat_template_fill(chat_buffer_t *out, const char *template,
                        const chat_template_value_t *values);

#endif
