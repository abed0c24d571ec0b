/* SPDX-License-Identifier: Apache-2.0
 * mail.h - mails of the outbox: written from templates, handed to a sendmail.
 *
 * A mail's payload names a template and what stands in it; password and digest are
 * derived with the site's secret when it is written, see core/secrets.h.
 */
#ifndef CHAT_OUTBOX_MAIL_H
#define CHAT_OUTBOX_MAIL_H

#include "base/log.h"
#include "core/email.h"
#include "core/secrets.h"
#include "store/outbox.h"

/* How a site sends mails; immutable. */
typedef struct chat_mailer_t {
    const char *const *command; /* program and arguments, NULL behind; never a shell's */
    const char *templates; /* ChatMailTemplates, or NULL: the texts that are built in */
    chat_secret_t secret;
    chat_log_t log;
} chat_mailer_t;

/* Delivers mails whose time has come, at most 16, and returns how many got out in *SENT
 * and whether there may be more in *MORE. A mail is taken before it is sent, so several
 * callers on several machines do not send it twice unless one dies in between; a failure
 * is tried again after 1, 4, 16, 64 minutes, then every 4 hours, and given up after 12
 * attempts. Waits for the program, at most 60 s for each mail: call it from a thread that
 * may wait. */
apr_status_t chat_mail_deliver(int *sent, int *more, const chat_mailer_t *mailer,
                               chat_store_t *store, apr_time_t now);

/* The whole mail for ITEM: headers, a blank line, the text, lines ending with LF.
 * CHAT_MALFORMED with words in *WHY when it must not be sent. */
apr_status_t chat_mail_compose(const char **out, const char **why,
                               const chat_mailer_t *mailer,
                               const chat_outbox_item_t *item, apr_pool_t *pool);

#endif
