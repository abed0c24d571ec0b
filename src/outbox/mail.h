/* SPDX-License-Identifier: Apache-2.0
 * mail.h - the sender of mails: written from templates, given to a sendmail.
 *
 * A mail's payload names a template and its values; password and digest are derived with
 * the site's secret when the mail is written, see core/secrets.h.
 */
#ifndef CHAT_OUTBOX_MAIL_H
#define CHAT_OUTBOX_MAIL_H

#include "core/email.h"
#include "core/secrets.h"
#include "outbox/worker.h"

/* How a site sends mails; immutable, and outlives the worker. */
typedef struct chat_mailer_t {
    const char *const *command; /* program and arguments, then NULL; no shell runs it */
    const char *templates;      /* ChatMailTemplates, or NULL: the built-in texts */
    chat_secret_t secret;
} chat_mailer_t;

/* Adds the sender of mails. A program has 60 seconds; four run at a time. A program that
 * is killed because the worker stops may have sent its mail: it is then sent again. */
void chat_mail_add(chat_worker_t *w, const chat_mailer_t *mailer);

/* The whole mail for ITEM: headers, a blank line, the text, lines ending with LF.
 * CHAT_MALFORMED with words in *WHY when it must not be sent. */
apr_status_t chat_mail_compose(const char **out, const char **why,
                               const chat_mailer_t *mailer,
                               const chat_outbox_item_t *item, apr_pool_t *pool);

#endif
