/* SPDX-License-Identifier: Apache-2.0 */
#include "outbox/mail.h"

#include "outbox/program.h"
#include "outbox/template.h"

#include <apr_strings.h>
#include <string.h>

#define BATCH 16
#define ATTEMPTS 12
#define PROGRAM_TIME apr_time_from_sec(60)
#define TAKEN_TIME apr_time_from_sec(1800) /* above BATCH times PROGRAM_TIME */
#define RETRY_MAX_MINUTES 240
#define MAIL_MAX (4 * CHAT_TEMPLATE_MAX)

/* What sendmail's exit codes (sysexits.h) say of a mail that no retry can help. */
enum { EXIT_DATA = 65, EXIT_NO_USER = 67, EXIT_NO_HOST = 68 };

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
    /* what stands in headers was checked when it was stored; once more costs nothing */
    if (!item->target || !chat_email_valid(item->target))
        return refuse(why, "the address is none");
    if (chat_mail_payload_parse(&p, item->payload, pool) != APR_SUCCESS || !*p.nonce ||
        has_control(p.name) || has_control(p.link))
        return refuse(why, "the payload is damaged");
    rv = chat_template_load(&template, mailer->templates, p.template, pool);
    if (rv != APR_SUCCESS)
        return refuse(why, "its template cannot be read, is too long, has no headers and "
                           "blank line, or is not UTF-8");
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
        return refuse(why, "it got too long");
    *out = chat_buffer_text(&mail);
    return APR_SUCCESS;
}

typedef struct round_t {
    const chat_mailer_t *mailer;
    apr_pool_t *pool;
    apr_time_t now;
    chat_outbox_item_t *list; /* taken by us */
    int n, more;
    chat_outbox_item_t *settled;
} round_t;

static apr_status_t take(chat_tx_t *tx, void *baton)
{
    round_t *r = baton;
    int kept = 0;
    apr_status_t rv =
        chat_outbox_due(&r->list, &r->n, tx, CHAT_OUTBOX_MAIL, r->now, BATCH, r->pool);
    r->more = r->n == BATCH;
    for (int i = 0; i < r->n && rv == APR_SUCCESS; i++) {
        int taken;
        rv = chat_outbox_take(&taken, tx, &r->list[i], r->now + TAKEN_TIME);
        if (taken)
            r->list[kept++] = r->list[i];
    }
    r->n = kept;
    return rv;
}

static apr_status_t settle(chat_tx_t *tx, void *baton)
{
    round_t *r = baton;
    return chat_outbox_settle(tx, r->settled);
}

/* Nothing that a password could be derived from stays behind. */
static const char *without_nonce(const char *payload, apr_pool_t *pool)
{
    const char *last = strrchr(payload, '\n');
    return last ? apr_pstrmemdup(pool, payload, last + 1 - payload) : "";
}

static void fail(chat_outbox_item_t *o, const round_t *r, const char *reason, int final)
{
    int minutes = 1;
    for (apr_int64_t i = 0; i < o->attempts && minutes < RETRY_MAX_MINUTES; i++)
        minutes *= 4;
    if (minutes > RETRY_MAX_MINUTES)
        minutes = RETRY_MAX_MINUTES;
    o->reason = reason;
    /* attempts is what it was before this one */
    final = final || o->attempts + 1 >= ATTEMPTS;
    o->state = final ? CHAT_OUTBOX_GIVEN_UP : CHAT_OUTBOX_WAITING;
    o->next = r->now + apr_time_from_sec(minutes * 60);
    if (final)
        chat_log(&r->mailer->log, CHAT_LOG_WARNING, 501, APR_SUCCESS,
                 "mail %" APR_INT64_T_FMT " is given up: %s", o->id, reason);
    else
        chat_log(&r->mailer->log, CHAT_LOG_WARNING, 500, APR_SUCCESS,
                 "mail %" APR_INT64_T_FMT
                 " could not be handed over and will be tried again: %s",
                 o->id, reason);
}

/* Sends one and says in O how it went. */
static void deliver(chat_outbox_item_t *o, const round_t *r)
{
    const char *mail, *why = NULL;
    int code = 0;
    apr_status_t rv = chat_mail_compose(&mail, &why, r->mailer, o, r->pool);
    char text[120];
    o->done = r->now;
    if (rv != APR_SUCCESS) {
        fail(o, r, why, 0);
        return;
    }
    rv = chat_program_feed(&code, r->mailer->command, mail, PROGRAM_TIME);
    if (rv != APR_SUCCESS)
        fail(o, r,
             apr_pstrcat(r->pool, "the mail command: ",
                         apr_strerror(rv, text, sizeof(text)), NULL),
             0);
    else if (code)
        fail(o, r,
             apr_psprintf(r->pool, "the mail command ended with %s %d",
                          code > 255 ? "signal" : "code", code & 255),
             code == EXIT_DATA || code == EXIT_NO_USER || code == EXIT_NO_HOST);
    else
        o->state = CHAT_OUTBOX_DELIVERED;
}

apr_status_t chat_mail_deliver(int *sent, int *more, const chat_mailer_t *mailer,
                               chat_store_t *store, apr_time_t now)
{
    round_t r = {.mailer = mailer, .now = now};
    apr_status_t rv;
    *sent = 0;
    apr_pool_create(&r.pool, NULL);
    rv = chat_store_write(store, take, &r);
    for (int i = 0; i < r.n && rv == APR_SUCCESS; i++) {
        chat_outbox_item_t *o = &r.list[i];
        deliver(o, &r);
        *sent += o->state == CHAT_OUTBOX_DELIVERED;
        /* an administrator may have one that was given up tried again: it keeps its nonce
         */
        if (o->state == CHAT_OUTBOX_DELIVERED)
            o->payload = without_nonce(o->payload, r.pool);
        r.settled = o;
        rv = chat_store_write(store, settle, &r);
    }
    *more = r.more;
    apr_pool_destroy(r.pool);
    return rv;
}
