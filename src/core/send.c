/* SPDX-License-Identifier: Apache-2.0 */
/* The part of sending that every kind of message shares. */
#include "core/send.h"

#include "base/buffer.h"
#include "core/message_find.h"
#include "core/sessions.h"
#include "core/silence.h"
#include "store/chatroom_counter.h"
#include "store/post.h"
#include "store/stream.h"

#include <apr_strings.h>

apr_status_t chat_send_check(chat_call_t *c, const chat_text_t *text)
{
    if (!text->len)
        return chat_call_refuse(c, CHAT_P_EMPTY, "message");
    if (text->len > c->settings->max_message)
        return chat_refuse_number(&c->problem, CHAT_P_TOO_LARGE,
                                  (apr_int64_t)c->settings->max_message);
    return APR_SUCCESS;
}

/* Names of the recipients, as chat_message_recipient reads them, or their ids, separated
 * by spaces. */
static const char *names_of(const chat_recipient_t *to, int n, int ids, apr_pool_t *pool)
{
    chat_buffer_t out;
    int spaces = 0;
    chat_buffer_init(&out, 64, APR_INT32_MAX, pool);
    for (int i = 0; i < n && !ids; i++)
        spaces |= strchr(to[i].name, ' ') != NULL;
    for (int i = 0; i < n; i++) {
        if (i && !spaces)
            chat_buffer_byte(&out, ' ');
        if (ids)
            chat_buffer_int(&out, to[i].account);
        else
            chat_buffer_puts(&out, to[i].name);
        if (spaces)
            chat_buffer_byte(&out, '\n');
    }
    return chat_buffer_text(&out);
}

static const char *principal(const chat_send_t *s)
{
    return apr_psprintf(s->call->pool, "%" APR_INT64_T_FMT, s->who.id);
}

/* The message that the request created before. One that was deleted meanwhile
 * (ChatRetention) is shown as it was sent. */
static apr_status_t repeat(chat_send_t *s, chat_tx_t *tx, apr_int64_t id)
{
    chat_message_t *m = s->out;
    chat_recipient_t to = {.name = s->target};
    apr_status_t rv = chat_message_by_id(m, tx, id, s->call->pool);
    if (rv != CHAT_NOTFOUND)
        return rv;
    m->id = id;
    m->kind = CHAT_MESSAGE_TEXT;
    m->author = s->who.id;
    m->author_name = s->who.name;
    m->channel_name = s->direct ? NULL : s->target;
    if (s->direct)
        m->recipients = names_of(&to, 1, 0, s->call->pool);
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
    s->in.author = &s->who;
    if (rv != APR_SUCCESS)
        return rv;
    if (*known)
        return repeat(s, tx, id);
    rv = chat_call_limit_account(s->call, CHAT_LIMIT_SENDS, s->who.id, 0);
    return rv == APR_SUCCESS ? chat_call_limit_account(s->call, CHAT_LIMIT_KILOBYTES,
                                                       s->who.id, s->text->len)
                             : rv;
}

void chat_send_answer(chat_send_t *s, const chat_message_t *parent)
{
    chat_message_t *m = s->out;
    m->parent = parent->id;
    m->root = m->channel != parent->channel ? 0
              : parent->root                ? parent->root
                                            : parent->id;
}

apr_status_t chat_send_reply(chat_send_t *s, chat_tx_t *tx)
{
    chat_message_t parent;
    apr_status_t rv =
        chat_message_find(&parent, s->call, tx, s->who.room, s->text->reply_to);
    if (rv != APR_SUCCESS)
        return rv;
    rv = parent.channel == s->out->channel ? APR_SUCCESS : CHAT_NOTFOUND;
    if (rv == APR_SUCCESS && !parent.channel)
        rv = chat_recipient_check(tx, s->who.id, parent.id);
    for (int i = 0; rv == APR_SUCCESS && i < s->in.n; i++)
        rv = chat_recipient_check(tx, s->in.to[i].account, parent.id);
    if (rv == CHAT_NOTFOUND)
        return chat_call_refuse(s->call, CHAT_P_NO_MESSAGE, "reply_to");
    chat_send_answer(s, &parent);
    return rv;
}

/* The rows that not every message has. */
static apr_status_t insert_more(const chat_send_t *s, const chat_mentions_t *mentions,
                                chat_tx_t *tx)
{
    const chat_message_t *m = s->out;
    apr_status_t rv = chat_mentions_keep(mentions, tx, m);
    return rv == APR_SUCCESS && m->root ? chat_reply_add(tx, m) : rv;
}

apr_status_t chat_send_insert(chat_send_t *s, chat_tx_t *tx)
{
    chat_message_t *m = s->out;
    chat_mentions_t mentions = {.n = 0};
    apr_int64_t number;
    apr_status_t rv =
        s->auth ? chat_silence_take(s->call, tx, &s->who, s->in.channel) : APR_SUCCESS;
    if (rv == APR_SUCCESS)
        rv = chat_tx_number(&number, &m->created, tx, s->who.room);
    if (rv != APR_SUCCESS)
        return rv;
    m->id = CHAT_ROW_ID(s->who.room, number);
    m->body = s->text->text;
    m->body_len = s->text->len;
    m->deleted = 0;
    if (s->in.author)
        rv = chat_mentions_find(&mentions, s->call, tx, &s->in, m);
    m->mentions = mentions.names;
    if (rv == APR_SUCCESS)
        rv = chat_post_insert(tx, m, s->audience);
    if (rv == APR_SUCCESS)
        rv = insert_more(s, &mentions, tx);
    if (rv == APR_SUCCESS && s->call->once_key)
        rv = chat_once_remember(s->call, tx, principal(s), m->id);
    return rv;
}

static void count(const chat_call_t *c, const chat_message_t *m)
{
    chat_metrics_t *metrics = c->site->metrics;
    CHAT_COUNT(metrics, sends,
               m->kind == CHAT_MESSAGE_ANNOUNCEMENT ? CHAT_SENT_ANNOUNCEMENT
               : m->channel                         ? CHAT_SENT_CHANNEL
                                                    : CHAT_SENT_DIRECT);
    if (metrics)
        CHAT_OBSERVE(metrics, send, TIME, 0, apr_time_now() - c->now);
}

apr_status_t chat_send_run(chat_send_t *s, chat_work_fn fn)
{
    apr_status_t rv = chat_send_check(s->call, s->text);
    if (rv == APR_SUCCESS)
        rv = chat_store_append(s->call->site->store, fn, s);
    if (rv != APR_SUCCESS) {
        chat_call_unlimit(s->call);
        return rv;
    }
    count(s->call, s->out);
    chat_event_hint(s->call, s->who.room);
    return rv;
}

apr_status_t chat_send_to(chat_send_t *s, chat_tx_t *tx, const chat_recipient_t *to,
                          int n)
{
    chat_message_t *m = s->out;
    apr_int64_t peer = s->who.id;
    int others = 0;
    apr_status_t rv;
    m->kind = m->kind ? m->kind : CHAT_MESSAGE_TEXT;
    m->author = s->who.id;
    m->author_name = s->who.name;
    m->recipients = names_of(to, n, 0, s->call->pool);
    s->audience = names_of(to, n, 1, s->call->pool);
    s->in.to = to;
    s->in.n = n;
    rv = chat_send_insert(s, tx);
    for (int i = 0; i < n; i++) {
        if (to[i].account != s->who.id) {
            others++;
            peer = to[i].account;
        }
    }
    if (rv == APR_SUCCESS)
        rv = chat_recipient_insert(tx, s->who.id, others < 2 ? peer : 0, m);
    for (int i = 0; i < n && rv == APR_SUCCESS; i++) {
        if (to[i].account != s->who.id)
            rv = chat_recipient_insert(tx, to[i].account, others < 2 ? s->who.id : 0, m);
    }
    return rv;
}

apr_status_t chat_send_audience(const char **ids, chat_tx_t *tx, const chat_message_t *m,
                                apr_pool_t *pool)
{
    chat_recipient_t *all;
    int n;
    apr_status_t rv;
    *ids = NULL;
    if (!m->recipients)
        return APR_SUCCESS;
    rv = chat_recipient_all(&all, &n, tx, m->id, pool);
    if (rv == APR_SUCCESS)
        *ids = names_of(all, n, 1, pool);
    return rv;
}
