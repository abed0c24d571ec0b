/* SPDX-License-Identifier: Apache-2.0 */
/* Messages of the chatroom API: to a channel by its UUID, as a reply to a message or to
 * anything else. */
#include "core/channels.h"
#include "core/messages.h"
#include "core/policy.h"
#include "core/send.h"
#include "store/message_time.h"

typedef struct post_t {
    chat_send_t send;
    const chat_post_t *wanted;
} post_t;

/* What a post replies to, if that is something its author can have seen. */
static apr_status_t find_parent(apr_int64_t *parent, chat_send_t *s, chat_tx_t *tx,
                                const char *reply)
{
    chat_call_t *c = s->call;
    apr_int64_t number = chat_uuid_number(reply, s->auth->entry->room.uuid);
    chat_message_t m;
    chat_channel_t ch;
    apr_status_t rv = CHAT_NOTFOUND;
    *parent = 0;
    if (number > 0 && number < CHAT_NUMBER_MAX)
        rv = chat_message_by_id(&m, tx, CHAT_ROW_ID(s->who.room, number), c->pool);
    if (rv == APR_SUCCESS && !m.deleted && m.channel) {
        rv = chat_channel_by_id(&ch, tx, s->who.id, m.channel, c->pool);
        if (rv == APR_SUCCESS && chat_policy_allows(CHAT_MAY_READ, &s->who, &ch, 0))
            *parent = m.id;
    }
    return rv == CHAT_NOTFOUND ? APR_SUCCESS : rv;
}

static apr_status_t insert_post(post_t *p, chat_tx_t *tx, const chat_channel_t *ch)
{
    chat_send_t *s = &p->send;
    chat_message_t *m = s->out;
    const char *reply = p->wanted->reply;
    apr_status_t rv = APR_SUCCESS;
    m->parent = 0;
    if (reply)
        rv = find_parent(&m->parent, s, tx, reply);
    if (rv != APR_SUCCESS)
        return rv;
    m->kind = CHAT_MESSAGE_TEXT;
    m->channel = ch->id;
    m->channel_name = ch->name;
    m->author = s->who.id;
    m->author_name = s->who.name;
    rv = chat_send_insert(s, tx);
    if (rv == APR_SUCCESS && reply && !m->parent)
        rv = chat_said_set_reply(tx, m->id, reply);
    return rv;
}

static apr_status_t send_post(chat_tx_t *tx, void *baton)
{
    post_t *p = baton; /* begins with what chat_send_run knows */
    chat_send_t *s = &p->send;
    chat_call_t *c = s->call;
    chat_channel_t ch;
    int known;
    apr_status_t rv = chat_send_begin(s, tx, &known);
    if (rv != APR_SUCCESS || known)
        return rv;
    rv = chat_channel_by_uuid(&ch, tx, s->who.id, p->wanted->channel, c->pool);
    if (rv == CHAT_NOTFOUND ||
        (rv == APR_SUCCESS && (ch.room != s->who.room || !chat_channel_known(&ch))))
        return chat_call_refuse(c, CHAT_P_NO_CHANNEL, "channelID");
    if (rv != APR_SUCCESS)
        return rv;
    if (!chat_policy_allows(CHAT_MAY_WRITE, &s->who, &ch, 0))
        return chat_call_refuse(c, CHAT_P_NO_WRITE, "channelID");
    return insert_post(p, tx, &ch);
}

apr_status_t chat_message_post(chat_message_t *out, chat_call_t *c,
                               const chat_auth_t *auth, const chat_post_t *post)
{
    post_t p = {.send = {.call = c, .auth = auth, .text = &post->text, .out = out}};
    p.wanted = post;
    *out = (chat_message_t){0};
    return chat_send_run(&p.send, send_post);
}
