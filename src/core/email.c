/* SPDX-License-Identifier: Apache-2.0 */
/* E-mail addresses, and mails into the outbox. */
#include "core/email.h"

#include "base/bounds.h"
#include "base/text.h"
#include "store/outbox.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <string.h>

/* Characters of a local part that need no quotes (RFC 5322's atext and the dot). */
static int local_character(char ch)
{
    return apr_isalnum(ch) || (ch && strchr("!#$%&'*+-/=?^_`{|}~.", ch));
}

static const char *skip_label(const char *p)
{
    const char *from = p;
    while (apr_isalnum(*p) || (*p == '-' && p > from))
        p++;
    return p > from && p[-1] != '-' ? p : NULL;
}

int chat_email_valid(const char *s)
{
    const char *p = s, *last = NULL;
    if (strlen(s) > CHAT_EMAIL_MAX || *s == '-' || *s == '.')
        return 0;
    while (local_character(*p))
        p++;
    if (p == s || *p != '@')
        return 0;
    do {
        last = p + 1;
        p = skip_label(last);
    } while (p && *p == '.');
    if (!p || *p || last[-1] != '.' || p - last < 2)
        return 0;
    while (apr_isalpha(*last))
        last++;
    return !*last;
}

const char *chat_email_key(const char *email, apr_pool_t *pool)
{
    return chat_text_lower(email, pool);
}

const char *chat_mail_payload(const chat_mail_payload_t *p, apr_pool_t *pool)
{
    return apr_pstrcat(pool, p->template, "\n", p->name, "\n", p->link, "\n", p->uuid,
                       "\n", p->nonce, NULL);
}

apr_status_t chat_mail_payload_parse(chat_mail_payload_t *out, const char *text,
                                     apr_pool_t *pool)
{
    const char **fields[] = {&out->template, &out->name, &out->link, &out->uuid,
                             &out->nonce};
    apr_size_t n = sizeof(fields) / sizeof(*fields);
    for (apr_size_t i = 0; i < n; i++) {
        apr_size_t len = strcspn(text, "\n");
        *fields[i] = apr_pstrmemdup(pool, text, len);
        text += len;
        if ((*text != '\0') != (i + 1 < n))
            return CHAT_MALFORMED;
        text += *text != '\0';
    }
    return APR_SUCCESS;
}

apr_status_t chat_mail_write(chat_call_t *c, chat_tx_t *tx, const chat_account_t *a,
                             const char *link, const char *nonce)
{
    chat_mail_payload_t payload = {
        .template = a->who.state == CHAT_ACCOUNT_PENDING ? "activation" : "password",
        .name = a->who.name,
        .link = link,
        .uuid = a->who.uuid,
        .nonce = nonce,
    };
    chat_outbox_item_t item = {.kind = CHAT_OUTBOX_MAIL, .state = CHAT_OUTBOX_WAITING};
    apr_int64_t id;
    if (!c->site->mail)
        return APR_SUCCESS;
    item.room = a->who.room;
    item.account = a->who.id;
    item.target = a->email;
    item.payload = chat_mail_payload(&payload, c->pool);
    item.next = item.created = c->now;
    return chat_outbox_insert(&id, tx, &item);
}

int chat_email_given_up(const chat_call_t *c, const chat_account_t *a)
{
    return a->who.state == CHAT_ACCOUNT_PENDING &&
           a->created + apr_time_from_sec(CHAT_PENDING_SECONDS) <= c->now;
}
