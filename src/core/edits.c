/* SPDX-License-Identifier: Apache-2.0 */
/* Rules of edits. */
#include "core/edits.h"

#include "core/message_find.h"
#include "core/policy.h"
#include "core/send.h"
#include "core/silence.h"
#include "store/mention.h"

typedef struct edit_t {
    chat_call_t *call;
    const chat_auth_t *auth;
    apr_int64_t number;
    const chat_text_t *text;
    chat_identity_t who;
    apr_time_t edited;
} edit_t;

/* Who was silenced or has left may not speak through an old message either, and no
 * account in the server's name: a system message has an author, too. */
static apr_status_t check_editor(chat_channel_t *ch, edit_t *e, chat_tx_t *tx,
                                 const chat_message_t *m)
{
    chat_call_t *c = e->call;
    apr_status_t rv;
    if (m->kind != CHAT_MESSAGE_TEXT ||
        !chat_policy_allows_on(CHAT_MAY_EDIT, &e->who, NULL, 0, m->author))
        return chat_call_refuse(c, CHAT_P_NOT_EDITOR, "message_id");
    if (!m->channel)
        return chat_silence_check(c, tx, &e->who, NULL);
    rv = chat_channel_by_id(ch, tx, e->who.id, m->channel, c->pool);
    if (rv == CHAT_NOTFOUND ||
        (rv == APR_SUCCESS && !chat_policy_allows(CHAT_MAY_WRITE, &e->who, ch, 0)))
        return chat_call_refuse(c, CHAT_P_NO_WRITE, "message_id");
    return rv == APR_SUCCESS ? chat_silence_check(c, tx, &e->who, ch) : rv;
}

/* The mentions of M's new text in place of those of its old one. */
static apr_status_t change_mentions(chat_message_t *m, edit_t *e, chat_tx_t *tx,
                                    const chat_channel_t *ch)
{
    chat_audience_t in = {.author = &e->who, .channel = m->channel ? ch : NULL};
    chat_mentions_t mentions;
    chat_recipient_t *to = NULL;
    apr_status_t rv = chat_mention_delete(tx, m->id);
    if (rv == APR_SUCCESS && !m->channel)
        rv = chat_recipient_all(&to, &in.n, tx, m->id, e->call->pool);
    in.to = to;
    if (rv == APR_SUCCESS)
        rv = chat_mentions_find(&mentions, e->call, tx, &in, m);
    if (rv != APR_SUCCESS)
        return rv;
    m->mentions = mentions.names;
    return chat_mentions_keep(&mentions, tx, m);
}

static apr_status_t write_edit(edit_t *e, chat_tx_t *tx, chat_message_t *m,
                               const chat_channel_t *ch)
{
    chat_event_t event = {.kind = CHAT_EVENT_MESSAGE_EDITED,
                          .channel = m->channel,
                          .account = e->who.id,
                          .subject = m->id};
    apr_status_t rv = chat_send_audience(&event.audience, tx, m, e->call->pool);
    if (rv == APR_SUCCESS)
        rv = chat_event_add(tx, e->who.room, &event);
    if (rv == APR_SUCCESS)
        rv = chat_version_keep(tx, m->id);
    m->body = e->text->text;
    m->body_len = e->text->len;
    e->edited = event.created;
    if (rv == APR_SUCCESS)
        rv = change_mentions(m, e, tx, ch);
    if (rv == APR_SUCCESS)
        rv = chat_message_set_body(tx, m, e->edited);
    return rv == CHAT_NOTFOUND /* deleted meanwhile */
               ? chat_call_refuse(e->call, CHAT_P_NO_MESSAGE, "message_id")
               : rv;
}

static apr_status_t edit(chat_tx_t *tx, void *baton)
{
    edit_t *e = baton;
    chat_call_t *c = e->call;
    chat_message_t m;
    chat_channel_t ch;
    apr_status_t rv = chat_auth_change(&e->who, c, tx, e->auth);
    if (rv == APR_SUCCESS)
        rv = chat_call_limit_account(c, CHAT_LIMIT_KILOBYTES, e->who.id, e->text->len);
    if (rv == APR_SUCCESS)
        rv = chat_message_find(&m, c, tx, e->who.room, e->number);
    if (rv == APR_SUCCESS)
        rv = check_editor(&ch, e, tx, &m);
    return rv == APR_SUCCESS ? write_edit(e, tx, &m, &ch) : rv;
}

apr_status_t chat_message_edit(apr_time_t *edited, chat_call_t *c,
                               const chat_auth_t *auth, apr_int64_t number,
                               const chat_text_t *text)
{
    edit_t e = {.call = c, .auth = auth, .number = number, .text = text};
    apr_status_t rv = chat_send_check(c, text);
    if (rv == APR_SUCCESS)
        rv = chat_store_write(c->site->store, edit, &e);
    if (rv == APR_SUCCESS)
        chat_event_hint(c, e.who.room);
    else
        chat_call_unlimit(c);
    *edited = e.edited;
    return rv;
}

/* OUT has the earlier texts, newest first, and becomes all of them, oldest first. */
static void add_present(chat_versions_t *out, const chat_message_t *m, apr_pool_t *pool)
{
    chat_version_t *list = apr_palloc(pool, sizeof(*list) * ((apr_size_t)out->n + 1));
    for (int i = 0; i < out->n; i++)
        list[i] = out->list[out->n - 1 - i];
    list[out->n++] =
        (chat_version_t){m->body, m->body_len, m->edited ? m->edited : m->created};
    out->list = list;
}

apr_status_t chat_message_versions(chat_versions_t *out, chat_call_t *c,
                                   const chat_auth_t *auth, apr_int64_t number)
{
    chat_act_t a = {.call = c, .auth = auth};
    chat_message_t m;
    chat_tx_t *tx;
    apr_status_t rv = chat_act_look(&a, &tx);
    if (rv == APR_SUCCESS)
        rv = chat_message_find(&m, c, tx, a.who.room, number);
    if (rv == APR_SUCCESS) {
        rv = chat_act_message(&a, tx, CHAT_MAY_HISTORY, &m);
        if (rv == CHAT_REFUSED)
            chat_call_refuse(c, CHAT_P_NOT_OWNER, "message_id");
    }
    if (rv == APR_SUCCESS)
        rv = chat_version_list(out, tx, m.id, CHAT_VERSIONS_MAX - 1, c->pool);
    if (rv == APR_SUCCESS)
        add_present(out, &m, c->pool);
    return chat_store_end(tx, rv);
}
