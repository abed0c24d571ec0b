/* SPDX-License-Identifier: Apache-2.0 */
/* The sender of mails: each is written from its template and given to a program. */
#include "outbox/mail.h"

#include "outbox/program.h"
#include "outbox/template.h"

#include <apr_strings.h>
#include <string.h>

#define PROGRAM_TIME apr_time_from_sec(60)
#define PROGRAMS_MAX 4
#define MAIL_MAX (4 * CHAT_TEMPLATE_MAX)

/* Exit codes of sendmail (sysexits.h) after which no retry can help. */
enum { EXIT_DATA = 65, EXIT_NO_USER = 67, EXIT_NO_HOST = 68 };

/* One mail under way. */
typedef struct letter_t {
    chat_delivery_t *delivery;
    chat_program_t *program;
    struct letter_t *next;
} letter_t;

typedef struct sender_t {
    chat_mailer_t mailer;
    letter_t *first;
} sender_t;

static int has_control(const char *s)
{
    for (; *s; s++) {
        if ((unsigned char)*s < ' ' || *s == 0x7f)
            return 1;
    }
    return 0;
}

static apr_status_t refuse(const char **why, const char *words)
{
    *why = words;
    return CHAT_MALFORMED;
}

apr_status_t chat_mail_compose(const char **out, const char **why,
                               const chat_mailer_t *mailer,
                               const chat_outbox_item_t *item, apr_pool_t *pool)
{
    char password[CHAT_INITIAL_SIZE], digest[CHAT_DIGEST_SIZE];
    chat_mail_payload_t p;
    const char *template;
    chat_buffer_t mail;
    apr_status_t rv;
    /* headers were checked when they were stored; a second check costs nothing */
    if (!item->target || !chat_email_valid(item->target))
        return refuse(why, "the target is not a mail address");
    if (chat_mail_payload_parse(&p, item->payload, pool) != APR_SUCCESS || !*p.nonce ||
        has_control(p.name) || has_control(p.link))
        return refuse(why, "the payload is damaged");
    rv = chat_template_load(&template, mailer->templates, p.template, pool);
    if (rv != APR_SUCCESS)
        return refuse(why, "the template cannot be read, is too long, lacks headers and "
                           "a blank line, or is not UTF-8");
    chat_secret_password(password, &mailer->secret, p.nonce);
    chat_secret_activation(digest, &mailer->secret, p.uuid);
    chat_buffer_init(&mail, 2048, MAIL_MAX, pool);
    chat_buffer_printf(
        &mail,
        "To: %s\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n"
        "Content-Transfer-Encoding: 8bit\nAuto-Submitted: auto-generated\n",
        item->target);
    chat_template_fill(&mail, template,
                       (const chat_template_value_t[]){{"NAME", p.name},
                                                       {"EMAIL", item->target},
                                                       {"PASSWORD", password},
                                                       {"DIGEST", digest},
                                                       {"LINK", p.link},
                                                       {NULL, NULL}});
    if (mail.overflow)
        return refuse(why, "the mail is too long");
    *out = chat_buffer_text(&mail);
    return APR_SUCCESS;
}

static void fail(chat_delivery_t *d, const char *what)
{
    chat_delivery_end(d, CHAT_OUTCOME_FAILED, 0, what);
}

static const char *reason_of(apr_status_t rv, apr_pool_t *pool)
{
    char text[120];
    return apr_pstrcat(pool, "the mail command: ", apr_strerror(rv, text, sizeof(text)),
                       NULL);
}

static void start(void *baton, chat_delivery_t *d)
{
    sender_t *s = baton;
    letter_t *letter = apr_pcalloc(d->pool, sizeof(*letter));
    const char *mail, *why = NULL;
    apr_status_t rv = chat_mail_compose(&mail, &why, &s->mailer, &d->item, d->pool);
    if (rv != APR_SUCCESS) {
        fail(d, why);
        return;
    }
    rv = chat_program_start(&letter->program, s->mailer.command, mail, PROGRAM_TIME,
                            d->pool);
    if (rv != APR_SUCCESS) {
        fail(d, reason_of(rv, d->pool));
        return;
    }
    letter->delivery = d;
    letter->next = s->first;
    s->first = letter;
}

static void finish(chat_delivery_t *d, apr_status_t rv, int code)
{
    int final = code == EXIT_DATA || code == EXIT_NO_USER || code == EXIT_NO_HOST;
    if (rv != APR_SUCCESS)
        fail(d, reason_of(rv, d->pool));
    else if (code)
        chat_delivery_end(d, final ? CHAT_OUTCOME_REFUSED : CHAT_OUTCOME_FAILED, 0,
                          apr_psprintf(d->pool, "the mail command ended with %s %d",
                                       code > 255 ? "signal" : "code", code & 255));
    else
        chat_delivery_end(d, CHAT_OUTCOME_DELIVERED, 0, NULL);
}

static int turn(void *baton)
{
    sender_t *s = baton;
    letter_t **link = &s->first, *letter;
    while ((letter = *link)) {
        int code = 0;
        apr_status_t rv = chat_program_poll(&code, letter->program);
        if (APR_STATUS_IS_EAGAIN(rv)) {
            link = &letter->next;
            continue;
        }
        *link = letter->next;
        finish(letter->delivery, rv, code);
    }
    return s->first ? CHAT_PROGRAM_POLL_MS : 0;
}

void chat_mail_add(chat_worker_t *w, const chat_mailer_t *mailer)
{
    sender_t *s = apr_pcalloc(chat_worker_pool(w), sizeof(*s));
    chat_sender_t sender = {.kind = CHAT_OUTBOX_MAIL,
                            .most = PROGRAMS_MAX,
                            .start = start,
                            .turn = turn,
                            .baton = s};
    s->mailer = *mailer;
    chat_worker_add(w, &sender);
}
