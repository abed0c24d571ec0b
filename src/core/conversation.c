/* SPDX-License-Identifier: Apache-2.0 */
/* Direct messages to several people, replies, streams and threads. */
#include "core/conversation.h"

#include "base/name.h"
#include "base/text.h"
#include "core/approvals.h"
#include "core/send.h"
#include "store/stream.h"

#include <apr_strings.h>
#include <apr_tables.h>

typedef struct say_t {
    chat_send_t send; /* first: it is the baton */
    const chat_addressees_t *to;
    apr_int64_t parent;
} say_t;

static apr_status_t find_longest(chat_identity_t *out, const chat_send_t *s,
                                 chat_tx_t *tx, const char *name)
{
    apr_pool_t *pool = s->call->pool;
    apr_status_t rv = CHAT_NOTFOUND;
    for (apr_size_t len = strlen(name); len && rv == CHAT_NOTFOUND;
         len = chat_name_shorter(name, len)) {
        const char *key = chat_name_fold(apr_pstrmemdup(pool, name, len), pool);
        rv = chat_identity_by_name(out, tx, s->who.room, key, pool);
    }
    return rv == APR_SUCCESS && !chat_identity_reachable(out) ? CHAT_NOTFOUND : rv;
}

static void add_once(apr_array_header_t *to, const chat_identity_t *who)
{
    chat_recipient_t *r;
    for (int i = 0; i < to->nelts; i++) {
        if (APR_ARRAY_IDX(to, i, chat_recipient_t).account == who->id)
            return;
    }
    r = apr_array_push(to);
    r->account = who->id;
    r->name = who->name;
    r->state = who->state;
}

static apr_status_t find_all(apr_array_header_t *to, const say_t *s, chat_tx_t *tx)
{
    chat_call_t *c = s->send.call;
    const char *unknown = NULL;
    for (int i = 0; i < s->to->n; i++) {
        const char *name = s->to->names[i];
        chat_identity_t who;
        apr_status_t rv = find_longest(&who, &s->send, tx, name);
        if (rv == APR_SUCCESS)
            add_once(to, &who);
        else if (rv != CHAT_NOTFOUND)
            return rv;
        else {
            name = apr_pstrmemdup(c->pool, name, chat_name_trimmed(name, strlen(name)));
            unknown = unknown ? apr_pstrcat(c->pool, unknown, "\n", name, NULL) : name;
        }
    }
    return unknown
               ? chat_call_refuse_detail(c, CHAT_P_NO_ACCOUNT, "message_text", unknown)
               : APR_SUCCESS;
}

static apr_status_t say(chat_tx_t *tx, void *baton)
{
    say_t *s = baton;
    apr_array_header_t *to =
        apr_array_make(s->send.call->pool, s->to->n + 1, sizeof(chat_recipient_t));
    int known;
    apr_status_t rv = chat_send_begin(&s->send, tx, &known);
    if (rv != APR_SUCCESS || known)
        return rv;
    rv = find_all(to, s, tx);
    if (rv == APR_SUCCESS)
        rv = chat_approval_check(s->send.call, tx, &s->send.who,
                                 (chat_recipient_t *)to->elts, to->nelts);
    return rv == APR_SUCCESS
               ? chat_send_to(&s->send, tx, (chat_recipient_t *)to->elts, to->nelts)
               : rv;
}

/* Every account that sees the message, but not the one that answers, unless it is the
 * only one; closed accounts do not count. */
static int answered(chat_recipient_t *list, int n, apr_int64_t self)
{
    int kept = 0, own = -1;
    for (int i = 0; i < n; i++) {
        if (list[i].account == self)
            own = i;
        else if (list[i].state != CHAT_ACCOUNT_CLOSED)
            kept++;
    }
    if (!kept && own >= 0) {
        list[0] = list[own];
        return 1;
    }
    kept = 0;
    for (int i = 0; i < n; i++) {
        if (list[i].account != self && list[i].state != CHAT_ACCOUNT_CLOSED)
            list[kept++] = list[i];
    }
    return kept;
}

static apr_status_t reply(chat_tx_t *tx, void *baton)
{
    say_t *s = baton;
    chat_call_t *c = s->send.call;
    chat_recipient_t *to;
    chat_message_t parent;
    int known, n;
    apr_status_t rv = chat_send_begin(&s->send, tx, &known);
    if (rv != APR_SUCCESS || known)
        return rv;
    rv = chat_stream_one(&parent, tx, s->send.who.id,
                         CHAT_ROW_ID(s->send.who.room, s->parent), c->pool);
    if (rv == CHAT_NOTFOUND)
        return chat_call_refuse(c, CHAT_P_NO_MESSAGE, "reply_to_id");
    if (rv == APR_SUCCESS)
        rv = chat_recipient_all(&to, &n, tx, parent.id, c->pool);
    if (rv != APR_SUCCESS)
        return rv;
    chat_send_answer(&s->send, &parent);
    return chat_send_to(&s->send, tx, to, answered(to, n, s->send.who.id));
}

apr_status_t chat_conversation_send(chat_message_t *out, chat_call_t *c,
                                    const chat_auth_t *auth, const chat_addressees_t *to,
                                    const chat_text_t *text)
{
    say_t s = {.send = {.call = c, .auth = auth, .text = text, .out = out}, .to = to};
    *out = (chat_message_t){0};
    return chat_send_run(&s.send, say);
}

static apr_int64_t valid_number(apr_int64_t number)
{
    return number > 0 && number < CHAT_NUMBER_MAX ? number : 0;
}

apr_status_t chat_conversation_reply(chat_message_t *out, chat_call_t *c,
                                     const chat_auth_t *auth, apr_int64_t parent,
                                     const chat_text_t *text)
{
    say_t s = {.send = {.call = c, .auth = auth, .text = text, .out = out},
               .parent = valid_number(parent)};
    *out = (chat_message_t){0};
    return chat_send_run(&s.send, reply);
}

apr_status_t chat_conversation_stream(chat_reading_t *out, chat_call_t *c,
                                      const chat_auth_t *auth, const chat_slice_t *slice)
{
    chat_tx_t *tx;
    apr_status_t rv = chat_auth_begin(&out->reader, &tx, c, auth);
    if (rv == APR_SUCCESS)
        rv = chat_stream_page(&out->messages, tx, out->reader.id, slice->skip,
                              slice->count, c->pool);
    return chat_call_read(c, CHAT_READ_DIRECT, chat_store_end(tx, rv));
}

apr_status_t chat_conversation_threads(chat_reading_t *out, chat_call_t *c,
                                       const chat_auth_t *auth, const chat_slice_t *slice)
{
    chat_tx_t *tx;
    apr_status_t rv = chat_auth_begin(&out->reader, &tx, c, auth);
    if (rv == APR_SUCCESS)
        rv = chat_stream_threads(&out->messages, tx, out->reader.id, slice->skip,
                                 slice->count, c->pool);
    return chat_call_read(c, CHAT_READ_DIRECT, chat_store_end(tx, rv));
}

apr_status_t chat_conversation_since(chat_reading_t *out, apr_int64_t *n, chat_call_t *c,
                                     const chat_auth_t *auth, apr_time_t time)
{
    chat_tx_t *tx;
    apr_status_t rv = chat_auth_begin(&out->reader, &tx, c, auth);
    if (rv == APR_SUCCESS)
        rv = chat_stream_since(&out->messages, n, tx, out->reader.id, time,
                               CHAT_CONVERSATION_MAX, c->pool);
    return chat_call_read(c, CHAT_READ_DIRECT, chat_store_end(tx, rv));
}

static apr_status_t look_one(chat_reading_t *out, chat_call_t *c, chat_tx_t *tx,
                             apr_int64_t number)
{
    chat_message_t *m = apr_palloc(c->pool, sizeof(*m));
    apr_status_t rv =
        chat_stream_one(m, tx, out->reader.id,
                        CHAT_ROW_ID(out->reader.room, valid_number(number)), c->pool);
    out->messages.list = m;
    out->messages.n = 1;
    return rv == CHAT_NOTFOUND ? chat_call_refuse(c, CHAT_P_NO_MESSAGE, "message_id")
                               : rv;
}

apr_status_t chat_conversation_one(chat_reading_t *out, chat_call_t *c,
                                   const chat_auth_t *auth, apr_int64_t number)
{
    chat_tx_t *tx;
    apr_status_t rv = chat_auth_begin(&out->reader, &tx, c, auth);
    if (rv == APR_SUCCESS)
        rv = look_one(out, c, tx, number);
    return chat_call_read(c, CHAT_READ_DIRECT, chat_store_end(tx, rv));
}

apr_status_t chat_conversation_replies(chat_reading_t *out, chat_call_t *c,
                                       const chat_auth_t *auth, apr_int64_t number)
{
    chat_tx_t *tx;
    apr_status_t rv = chat_auth_begin(&out->reader, &tx, c, auth);
    if (rv == APR_SUCCESS)
        rv = look_one(out, c, tx, number);
    if (rv == APR_SUCCESS)
        rv = chat_stream_replies(&out->messages, tx, out->reader.id,
                                 out->messages.list->id, CHAT_CONVERSATION_MAX, c->pool);
    return chat_call_read(c, CHAT_READ_DIRECT, chat_store_end(tx, rv));
}
