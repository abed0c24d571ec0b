/* SPDX-License-Identifier: Apache-2.0 */
#include "core/messages.h"

#include "base/buffer.h"
#include "base/text.h"
#include "core/approvals.h"
#include "core/channels.h"
#include "core/events.h"
#include "core/policy.h"
#include "core/send.h"
#include "core/sessions.h"
#include "store/stream.h"

#include <apr_strings.h>

static apr_status_t check_text(chat_call_t *c, const chat_text_t *text)
{
    if (!text->len)
        return chat_call_refuse(c, CHAT_P_EMPTY, "message");
    if (text->len > c->settings->max_message)
        return chat_refuse_number(&c->problem, CHAT_P_TOO_LARGE,
                                  (apr_int64_t)c->settings->max_message);
    return APR_SUCCESS;
}

static const char *principal(const chat_send_t *s)
{
    return apr_psprintf(s->call->pool, "%" APR_INT64_T_FMT, s->who.id);
}

/* What the request made before. A message that is gone meanwhile (ChatRetention) is shown
 * as it was asked for. */
static apr_status_t repeat(chat_send_t *s, chat_tx_t *tx, apr_int64_t id)
{
    chat_message_t *m = s->out;
    apr_status_t rv = chat_message_by_id(m, tx, id, s->call->pool);
    if (rv != CHAT_NOTFOUND)
        return rv;
    m->id = id;
    m->kind = CHAT_MESSAGE_TEXT;
    m->author = s->who.id;
    m->author_name = s->who.name;
    m->channel_name = s->direct ? NULL : s->target;
    m->recipients = s->direct ? s->target : NULL;
    m->body = s->text->text;
    m->body_len = s->text->len;
    m->created = s->call->now;
    return APR_SUCCESS;
}

apr_status_t chat_send_begin(chat_send_t *s, chat_tx_t *tx, int *known)
{
    apr_int64_t id = 0;
    apr_status_t rv = chat_auth_resolve(&s->who, s->call, tx, s->auth);
    if (rv == APR_SUCCESS && s->auth->session)
        rv = chat_session_touch(s->call, tx, s->auth->hash);
    if (rv == APR_SUCCESS && s->call->once_key)
        rv = chat_once_known(&id, s->call, tx, principal(s));
    *known = id != 0;
    if (rv != APR_SUCCESS)
        return rv;
    if (*known)
        return repeat(s, tx, id);
    if (!s->counted) {
        rv = chat_call_limit(s->call, CHAT_LIMIT_SENDS, principal(s));
        s->counted = rv == APR_SUCCESS;
    }
    return rv;
}

apr_status_t chat_send_insert(chat_send_t *s, chat_tx_t *tx)
{
    chat_message_t *m = s->out;
    chat_event_t e = {.kind = CHAT_EVENT_MESSAGE};
    apr_int64_t number;
    apr_status_t rv = chat_tx_number(&number, &m->created, tx, s->who.room);
    if (rv != APR_SUCCESS)
        return rv;
    m->id = CHAT_ROW_ID(s->who.room, number);
    m->body = s->text->text;
    m->body_len = s->text->len;
    m->deleted = 0;
    rv = chat_message_insert(tx, m);
    if (rv != APR_SUCCESS)
        return rv;
    e.id = m->id;
    e.channel = m->channel;
    e.account = m->author;
    e.audience = s->audience;
    e.created = m->created;
    rv = chat_event_insert(tx, &e);
    if (rv == APR_SUCCESS && s->call->once_key)
        rv = chat_once_remember(s->call, tx, principal(s), m->id);
    return rv;
}

static apr_status_t send_channel(chat_tx_t *tx, void *baton)
{
    chat_send_t *s = baton;
    chat_message_t *m = s->out;
    chat_channel_t ch;
    int known;
    apr_status_t rv = chat_send_begin(s, tx, &known);
    if (rv != APR_SUCCESS || known)
        return rv;
    if (s->public_channel)
        rv = chat_channel_find_public(&ch, s->call, tx, &s->who, s->public_channel);
    else
        rv = chat_channel_find(&ch, s->call, tx, &s->who, s->target);
    if (rv != APR_SUCCESS)
        return rv;
    if (!chat_policy_allows(CHAT_MAY_READ, &s->who, &ch, 0))
        return chat_call_refuse(s->call, CHAT_P_NO_READ, "channel");
    if (!chat_policy_allows(CHAT_MAY_WRITE, &s->who, &ch, 0))
        return chat_call_refuse(s->call, CHAT_P_NO_WRITE, "channel");
    m->kind = CHAT_MESSAGE_TEXT;
    m->channel = ch.id;
    m->channel_name = ch.name;
    m->author = s->who.id;
    m->author_name = s->who.name;
    return chat_send_insert(s, tx);
}

apr_status_t chat_send_run(chat_send_t *s, chat_work_fn fn)
{
    apr_status_t rv = check_text(s->call, s->text);
    if (rv == APR_SUCCESS)
        rv = chat_store_write(s->call->site->store, fn, s);
    if (rv == APR_SUCCESS)
        chat_event_hint(s->call, s->who.room);
    else if (s->counted)
        chat_call_unlimit(s->call, CHAT_LIMIT_SENDS, principal(s));
    return rv;
}

apr_status_t chat_message_send(chat_message_t *out, chat_call_t *c,
                               const chat_auth_t *auth, const char *channel,
                               const chat_text_t *text)
{
    chat_send_t s = {
        .call = c, .auth = auth, .target = channel, .text = text, .out = out};
    *out = (chat_message_t){0};
    return chat_send_run(&s, send_channel);
}

/* Names, or ids, of the recipients with a blank between; the text is as long as it gets.
 */
static const char *join(const chat_recipient_t *to, int n, int ids, apr_pool_t *pool)
{
    chat_buffer_t out;
    chat_buffer_init(&out, 64, APR_INT32_MAX, pool);
    for (int i = 0; i < n; i++) {
        if (i)
            chat_buffer_byte(&out, ' ');
        if (ids)
            chat_buffer_int(&out, to[i].account);
        else
            chat_buffer_puts(&out, to[i].name);
    }
    return chat_buffer_text(&out);
}

apr_status_t chat_send_to(chat_send_t *s, chat_tx_t *tx, const chat_recipient_t *to,
                          int n)
{
    chat_message_t *m = s->out;
    apr_status_t rv;
    m->kind = m->kind ? m->kind : CHAT_MESSAGE_TEXT;
    m->author = s->who.id;
    m->author_name = s->who.name;
    m->recipients = join(to, n, 0, s->call->pool);
    s->audience = join(to, n, 1, s->call->pool);
    rv = chat_send_insert(s, tx);
    if (rv == APR_SUCCESS)
        rv = chat_recipient_insert(tx, s->who.id, m);
    for (int i = 0; i < n && rv == APR_SUCCESS; i++) {
        if (to[i].account != s->who.id)
            rv = chat_recipient_insert(tx, to[i].account, m);
    }
    return rv;
}

apr_status_t chat_message_send_public(chat_message_t *out, chat_call_t *c,
                                      const chat_auth_t *auth, apr_int64_t channel,
                                      const chat_text_t *text)
{
    chat_send_t s = {.call = c, .auth = auth, .text = text, .out = out};
    *out = (chat_message_t){0};
    /* ids begin at 1: with 0 nothing is found */
    s.public_channel = channel > 0 ? channel : -1;
    return chat_send_run(&s, send_channel);
}

static apr_status_t send_direct(chat_tx_t *tx, void *baton)
{
    chat_send_t *s = baton;
    chat_recipient_t to = {0};
    chat_identity_t other;
    int known;
    apr_status_t rv = chat_send_begin(s, tx, &known);
    if (rv != APR_SUCCESS || known)
        return rv;
    rv = chat_identity_by_name(&other, tx, s->who.room,
                               chat_name_fold(s->target, s->call->pool), s->call->pool);
    if (rv == CHAT_NOTFOUND || (rv == APR_SUCCESS && other.state != CHAT_ACCOUNT_OPEN))
        return chat_call_refuse(s->call, CHAT_P_NO_ACCOUNT, "username");
    if (rv != APR_SUCCESS)
        return rv;
    to.account = other.id;
    to.name = other.name;
    rv = chat_approval_check(s->call, tx, &s->who, &to, 1);
    return rv == APR_SUCCESS ? chat_send_to(s, tx, &to, 1) : rv;
}

apr_status_t chat_message_send_direct(chat_message_t *out, chat_call_t *c,
                                      const chat_auth_t *auth, const char *name,
                                      const chat_text_t *text)
{
    chat_send_t s = {.call = c, .auth = auth, .target = name, .text = text, .out = out};
    s.direct = 1;
    *out = (chat_message_t){0};
    return chat_send_run(&s, send_direct);
}

static apr_status_t announce(chat_tx_t *tx, void *baton)
{
    chat_send_t *s = baton;
    s->out->kind = CHAT_MESSAGE_ANNOUNCEMENT;
    s->out->author_name = s->target;
    return chat_send_insert(s, tx);
}

apr_status_t chat_message_announce(chat_message_t *out, chat_call_t *c, apr_int64_t room,
                                   const char *author_name, const chat_text_t *text)
{
    chat_send_t s = {.call = c, .target = author_name, .text = text, .out = out};
    apr_status_t rv;
    *out = (chat_message_t){0};
    s.who.room = room;
    rv = chat_send_run(&s, announce);
    return rv == CHAT_NOTFOUND ? chat_call_refuse(c, CHAT_P_NO_ROOM, NULL) : rv;
}

/* One request about stored messages. */
typedef struct read_t {
    chat_call_t *call;
    const chat_auth_t *auth;
    const char *channel;
    const chat_page_t *page;
    apr_int64_t number;
    chat_reading_t *out;
} read_t;

/* A deleted direct message is in nobody's stream any more; *AUDIENCE gets who saw it. */
static apr_status_t forget_direct(const char **audience, chat_tx_t *tx,
                                  const chat_message_t *m, apr_pool_t *pool)
{
    chat_recipient_t *all;
    int n;
    apr_status_t rv = chat_recipient_all(&all, &n, tx, m->id, pool);
    if (rv != APR_SUCCESS)
        return rv;
    *audience = join(all, n, 1, pool);
    rv = chat_recipient_delete(tx, m->id);
    return rv == APR_SUCCESS && m->parent ? chat_reply_remove(tx, m->parent) : rv;
}

static apr_status_t delete_message(chat_tx_t *tx, void *baton)
{
    read_t *d = baton;
    chat_call_t *c = d->call;
    chat_identity_t *who = &d->out->reader;
    chat_message_t m;
    chat_event_t e = {.kind = CHAT_EVENT_MESSAGE_DELETED};
    apr_status_t rv = chat_auth_resolve(who, c, tx, d->auth);
    if (rv != APR_SUCCESS)
        return rv;
    rv = chat_message_by_id(&m, tx, CHAT_ROW_ID(who->room, d->number), c->pool);
    if (rv == CHAT_NOTFOUND || (rv == APR_SUCCESS && m.deleted))
        return chat_call_refuse(c, CHAT_P_NO_MESSAGE, "message_id");
    if (rv != APR_SUCCESS)
        return rv;
    if (m.author != who->id)
        return chat_call_refuse(c, CHAT_P_NOT_AUTHOR, "message_id");
    rv = chat_message_set_deleted(tx, m.id, c->now);
    if (rv == APR_SUCCESS && m.recipients)
        rv = forget_direct(&e.audience, tx, &m, c->pool);
    e.channel = m.channel;
    e.account = who->id;
    e.subject = m.id;
    return rv == APR_SUCCESS ? chat_event_add(tx, who->room, &e) : rv;
}

static int valid_number(apr_int64_t number)
{
    return number > 0 && number < CHAT_NUMBER_MAX;
}

apr_status_t chat_message_delete(chat_call_t *c, const chat_auth_t *auth,
                                 apr_int64_t number)
{
    chat_reading_t reading;
    read_t d = {.call = c, .auth = auth, .number = number, .out = &reading};
    apr_status_t rv;
    if (!valid_number(number))
        d.number =
            0; /* numbers begin at 1: nothing is found, once the token is checked */
    rv = chat_store_write(c->site->store, delete_message, &d);
    if (rv == APR_SUCCESS)
        chat_event_hint(c, reading.reader.room);
    return rv;
}

/* The id below which the page lies. */
static apr_int64_t before_id(const read_t *r)
{
    apr_int64_t before = r->page->before;
    if (!valid_number(before))
        before = CHAT_NUMBER_MAX;
    return CHAT_ROW_ID(r->out->reader.room, before);
}

static apr_status_t read_channel(chat_tx_t *tx, void *baton)
{
    read_t *r = baton;
    chat_reading_t *out = r->out;
    apr_status_t rv = chat_auth_resolve(&out->reader, r->call, tx, r->auth);
    if (rv == APR_SUCCESS)
        rv = chat_channel_find(&out->channel, r->call, tx, &out->reader, r->channel);
    if (rv != APR_SUCCESS)
        return rv;
    if (!chat_policy_allows(CHAT_MAY_READ, &out->reader, &out->channel, 0))
        return chat_call_refuse(r->call, CHAT_P_NO_READ, "channel");
    return chat_message_of_channel(&out->messages, tx, out->channel.id, before_id(r),
                                   r->page->count, r->call->pool);
}

static apr_status_t read_sent(chat_tx_t *tx, void *baton)
{
    read_t *r = baton;
    apr_status_t rv = chat_auth_resolve(&r->out->reader, r->call, tx, r->auth);
    if (rv != APR_SUCCESS)
        return rv;
    return chat_message_of_author(&r->out->messages, tx, r->out->reader.id, before_id(r),
                                  r->page->count, r->call->pool);
}

static apr_status_t read_direct(chat_tx_t *tx, void *baton)
{
    read_t *r = baton;
    apr_status_t rv = chat_auth_resolve(&r->out->reader, r->call, tx, r->auth);
    if (rv != APR_SUCCESS)
        return rv;
    return chat_message_direct(&r->out->messages, tx, r->out->reader.id, before_id(r),
                               r->page->count, r->call->pool);
}

static apr_status_t read_announced(chat_tx_t *tx, void *baton)
{
    read_t *r = baton;
    apr_status_t rv = chat_auth_resolve(&r->out->reader, r->call, tx, r->auth);
    if (rv != APR_SUCCESS)
        return rv;
    return chat_message_announced(&r->out->messages, tx, r->out->reader.room,
                                  before_id(r), r->page->count, r->call->pool);
}

/* Whether READER may see M: a member what is said in the channel, the parties a direct
 * message, everybody an announcement. */
static apr_status_t check_readable(read_t *r, chat_tx_t *tx, const chat_message_t *m)
{
    chat_identity_t *who = &r->out->reader;
    chat_channel_t ch;
    apr_status_t rv = CHAT_NOTFOUND;
    if (m->kind == CHAT_MESSAGE_ANNOUNCEMENT)
        return APR_SUCCESS;
    if (m->channel) {
        rv = chat_channel_by_id(&ch, tx, who->id, m->channel, r->call->pool);
        if (rv == APR_SUCCESS && !chat_policy_allows(CHAT_MAY_READ, who, &ch, 0))
            rv = CHAT_NOTFOUND;
    }
    else {
        rv = chat_recipient_check(tx, who->id, m->id);
    }
    if (rv == CHAT_NOTFOUND)
        return chat_call_refuse(r->call, CHAT_P_MESSAGE_FOREIGN, "message_id");
    return rv;
}

static apr_status_t read_one(chat_tx_t *tx, void *baton)
{
    read_t *r = baton;
    chat_message_t *m = apr_palloc(r->call->pool, sizeof(*m));
    apr_status_t rv = chat_auth_resolve(&r->out->reader, r->call, tx, r->auth);
    if (rv != APR_SUCCESS)
        return rv;
    rv = chat_message_by_id(m, tx, CHAT_ROW_ID(r->out->reader.room, r->number),
                            r->call->pool);
    if (rv == CHAT_NOTFOUND || (rv == APR_SUCCESS && m->deleted))
        return chat_call_refuse(r->call, CHAT_P_NO_MESSAGE, "message_id");
    if (rv == APR_SUCCESS)
        rv = check_readable(r, tx, m);
    r->out->messages.list = m;
    r->out->messages.n = 1;
    return rv;
}

apr_status_t chat_messages_channel(chat_reading_t *out, chat_call_t *c,
                                   const chat_auth_t *auth, const char *channel,
                                   const chat_page_t *page)
{
    read_t r = {.call = c, .auth = auth, .channel = channel, .page = page, .out = out};
    return chat_store_read(c->site->store, read_channel, &r);
}

apr_status_t chat_messages_sent(chat_reading_t *out, chat_call_t *c,
                                const chat_auth_t *auth, const chat_page_t *page)
{
    read_t r = {.call = c, .auth = auth, .page = page, .out = out};
    return chat_store_read(c->site->store, read_sent, &r);
}

apr_status_t chat_messages_direct(chat_reading_t *out, chat_call_t *c,
                                  const chat_auth_t *auth, const chat_page_t *page)
{
    read_t r = {.call = c, .auth = auth, .page = page, .out = out};
    return chat_store_read(c->site->store, read_direct, &r);
}

apr_status_t chat_messages_announced(chat_reading_t *out, chat_call_t *c,
                                     const chat_auth_t *auth, const chat_page_t *page)
{
    read_t r = {.call = c, .auth = auth, .page = page, .out = out};
    return chat_store_read(c->site->store, read_announced, &r);
}

apr_status_t chat_messages_one(chat_reading_t *out, chat_call_t *c,
                               const chat_auth_t *auth, apr_int64_t number)
{
    read_t r = {.call = c, .auth = auth, .out = out};
    r.number = valid_number(number) ? number : 0;
    return chat_store_read(c->site->store, read_one, &r);
}
