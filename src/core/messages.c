/* SPDX-License-Identifier: Apache-2.0 */
/* Rules of messages: send, read, delete. */
#include "core/messages.h"

#include "base/name.h"
#include "base/text.h"
#include "core/approvals.h"
#include "core/channels.h"
#include "core/message_find.h"
#include "core/policy.h"
#include "core/send.h"
#include "store/mention.h"
#include "store/message_time.h"
#include "store/report.h"
#include "store/stream.h"
#include "store/thread.h"
#include "store/version.h"

#include <apr_strings.h>

static apr_status_t send_channel(chat_tx_t *tx, void *baton)
{
    chat_send_t *s = baton;
    chat_message_t *m = s->out;
    chat_channel_t *ch = &s->channel;
    int known;
    apr_status_t rv = chat_send_begin(s, tx, &known);
    if (rv != APR_SUCCESS || known)
        return rv;
    if (s->public_channel)
        rv = chat_channel_find_public(ch, s->call, tx, &s->who, s->public_channel);
    else
        rv = chat_channel_find(ch, s->call, tx, &s->who, s->target);
    if (rv != APR_SUCCESS)
        return rv;
    if (!chat_policy_allows(CHAT_MAY_READ, &s->who, ch, 0))
        return chat_call_refuse(s->call, CHAT_P_NO_READ, "channel");
    if (!chat_policy_allows(CHAT_MAY_WRITE, &s->who, ch, 0))
        return chat_call_refuse(s->call, CHAT_P_NO_WRITE, "channel");
    m->kind = CHAT_MESSAGE_TEXT;
    m->channel = ch->id;
    m->channel_name = ch->name;
    m->author = s->who.id;
    m->author_name = s->who.name;
    s->in.channel = ch;
    if (s->text->reply_to)
        rv = chat_send_reply(s, tx);
    return rv == APR_SUCCESS ? chat_send_insert(s, tx) : rv;
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

apr_status_t chat_message_send_public(chat_message_t *out, chat_call_t *c,
                                      const chat_auth_t *auth, apr_int64_t channel,
                                      const chat_text_t *text)
{
    chat_send_t s = {.call = c, .auth = auth, .text = text, .out = out};
    *out = (chat_message_t){0};
    /* 0 would be the one by name; -1 is no channel's */
    s.public_channel = channel ? channel : -1;
    return chat_send_run(&s, send_channel);
}

static apr_status_t send_direct(chat_tx_t *tx, void *baton)
{
    chat_send_t *s = baton;
    chat_recipient_t *to = &s->other;
    chat_identity_t other;
    int known;
    apr_status_t rv = chat_send_begin(s, tx, &known);
    if (rv != APR_SUCCESS || known)
        return rv;
    rv = chat_identity_by_name(&other, tx, s->who.room,
                               chat_name_fold(s->target, s->call->pool), s->call->pool);
    if (rv == CHAT_NOTFOUND || (rv == APR_SUCCESS && !chat_identity_reachable(&other)))
        return chat_call_refuse(s->call, CHAT_P_NO_ACCOUNT, "username");
    if (rv != APR_SUCCESS)
        return rv;
    to->account = other.id;
    to->name = other.name;
    rv = chat_approval_check(s->call, tx, &s->who, to, 1);
    s->in.to = to;
    s->in.n = 1;
    if (rv == APR_SUCCESS && s->text->reply_to)
        rv = chat_send_reply(s, tx);
    return rv == APR_SUCCESS ? chat_send_to(s, tx, to, 1) : rv;
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

/* ---- the chatroom API: a channel by its UUID, a reply to a message or to anything else
 * ---- */

typedef struct post_t {
    chat_send_t send;
    const chat_post_t *wanted;
} post_t;

/* What a post replies to, if that is something its author can have seen. */
static apr_status_t find_parent(chat_send_t *s, chat_tx_t *tx, const char *reply)
{
    chat_call_t *c = s->call;
    apr_int64_t number = chat_uuid_number(reply, s->auth->entry->room.uuid);
    chat_message_t m;
    chat_channel_t ch;
    apr_status_t rv = CHAT_NOTFOUND;
    if (number > 0 && number < CHAT_NUMBER_MAX)
        rv = chat_message_by_id(&m, tx, CHAT_ROW_ID(s->who.room, number), c->pool);
    if (rv == APR_SUCCESS && !m.deleted && m.channel) {
        rv = chat_channel_by_id(&ch, tx, s->who.id, m.channel, c->pool);
        if (rv == APR_SUCCESS && chat_policy_allows(CHAT_MAY_READ, &s->who, &ch, 0))
            chat_send_answer(s, &m);
    }
    return rv == CHAT_NOTFOUND ? APR_SUCCESS : rv;
}

static apr_status_t insert_post(post_t *p, chat_tx_t *tx, const chat_channel_t *ch)
{
    chat_send_t *s = &p->send;
    chat_message_t *m = s->out;
    const char *reply = p->wanted->reply;
    apr_status_t rv = APR_SUCCESS;
    m->parent = m->root = 0;
    m->kind = CHAT_MESSAGE_TEXT;
    m->channel = ch->id;
    s->in.channel = ch;
    if (reply)
        rv = find_parent(s, tx, reply);
    if (rv != APR_SUCCESS)
        return rv;
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
    chat_channel_t *ch = &s->channel;
    int known;
    apr_status_t rv = chat_send_begin(s, tx, &known);
    if (rv != APR_SUCCESS || known)
        return rv;
    rv = chat_channel_by_uuid(ch, tx, s->who.id, p->wanted->channel, c->pool);
    if (rv == CHAT_NOTFOUND ||
        (rv == APR_SUCCESS && (ch->room != s->who.room || !chat_channel_known(ch))))
        return chat_call_refuse(c, CHAT_P_NO_CHANNEL, "channelID");
    if (rv != APR_SUCCESS)
        return rv;
    if (!chat_policy_allows(CHAT_MAY_WRITE, &s->who, ch, 0))
        return chat_call_refuse(c, CHAT_P_NO_WRITE, "channelID");
    return insert_post(p, tx, ch);
}

apr_status_t chat_message_post(chat_message_t *out, chat_call_t *c,
                               const chat_auth_t *auth, const chat_post_t *post)
{
    post_t p = {.send = {.call = c, .auth = auth, .text = &post->text, .out = out}};
    p.wanted = post;
    *out = (chat_message_t){0};
    return chat_send_run(&p.send, send_post);
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

/* What a message that is deleted leaves: a direct one every stream; *AUDIENCE gets the
 * accounts that saw it. */
static apr_status_t forget(const char **audience, chat_tx_t *tx, const chat_message_t *m,
                           apr_pool_t *pool)
{
    apr_status_t rv = chat_send_audience(audience, tx, m, pool);
    if (rv == APR_SUCCESS && m->recipients)
        rv = chat_recipient_delete(tx, m->id);
    if (rv == APR_SUCCESS && m->root)
        rv = chat_reply_remove(tx, m->parent);
    if (rv == APR_SUCCESS)
        rv = chat_version_delete(tx, m->id);
    if (rv == APR_SUCCESS)
        rv = chat_reaction_delete(tx, m->id);
    return rv == APR_SUCCESS ? chat_mention_delete(tx, m->id) : rv;
}

#define ERASED_AT_ONCE 200

typedef struct erasing_t {
    chat_call_t *call;
    const chat_identity_t *account;
    apr_int64_t before; /* id */
    apr_int64_t next, n;
} erasing_t;

static apr_status_t erase_one(const erasing_t *w, chat_tx_t *tx, const chat_message_t *m)
{
    chat_call_t *c = w->call;
    chat_event_t e = {.kind = CHAT_EVENT_MESSAGE_DELETED, .channel = m->channel};
    apr_status_t rv = chat_message_erase(tx, m->id, c->now);
    if (rv == APR_SUCCESS && m->parent)
        rv = chat_reply_erase(tx, m->parent, m->id);
    if (rv == APR_SUCCESS)
        rv = chat_report_forget(tx, m->id);
    if (rv != APR_SUCCESS || m->deleted)
        return rv;
    rv = forget(&e.audience, tx, m, c->pool);
    e.account = w->account->id;
    e.subject = m->id;
    return rv == APR_SUCCESS ? chat_event_add(tx, w->account->room, &e) : rv;
}

static apr_status_t erase(chat_tx_t *tx, void *baton)
{
    erasing_t *w = baton;
    chat_messages_t all;
    apr_status_t rv = chat_message_named(&all, tx, w->account->id, w->before,
                                         ERASED_AT_ONCE, w->call->pool);
    w->next = 0;
    w->n = all.n;
    for (int i = 0; rv == APR_SUCCESS && i < all.n; i++)
        rv = erase_one(w, tx, &all.list[i]);
    if (rv == APR_SUCCESS && all.n == ERASED_AT_ONCE)
        w->next = all.list[all.n - 1].id;
    return rv;
}

apr_status_t chat_messages_erase(apr_int64_t *before, apr_int64_t *n, chat_call_t *c,
                                 const chat_identity_t *account)
{
    erasing_t w = {.call = c, .account = account};
    apr_status_t rv;
    w.before = CHAT_ROW_ID(account->room, *before ? *before : CHAT_NUMBER_MAX);
    rv = chat_store_write(c->site->store, erase, &w);
    *before = CHAT_ROW_NUMBER(w.next);
    *n = w.n;
    if (rv == APR_SUCCESS)
        chat_event_hint(c, account->room);
    return rv;
}

apr_status_t chat_message_remove(chat_call_t *c, chat_tx_t *tx, const chat_message_t *m,
                                 const chat_identity_t *by)
{
    chat_event_t e = {.kind = CHAT_EVENT_MESSAGE_DELETED,
                      .channel = m->channel,
                      .account = by->id,
                      .subject = m->id};
    apr_status_t rv = chat_event_number(tx, CHAT_ROW_ROOM(m->id), &e);
    if (rv == APR_SUCCESS)
        rv = chat_message_set_deleted(tx, m->id, c->now);
    if (rv == CHAT_NOTFOUND) /* meanwhile */
        return chat_call_refuse(c, CHAT_P_NO_MESSAGE, "message_id");
    if (rv == APR_SUCCESS)
        rv = forget(&e.audience, tx, m, c->pool);
    return rv == APR_SUCCESS ? chat_event_insert(tx, &e) : rv;
}

typedef struct deletion_t {
    chat_act_t *act;
    apr_int64_t number;
} deletion_t;

static apr_status_t delete_message(chat_tx_t *tx, void *baton)
{
    deletion_t *d = baton;
    chat_act_t *a = d->act;
    chat_message_t m;
    apr_status_t rv = chat_act_begin(a, tx);
    if (rv == APR_SUCCESS)
        rv = chat_message_find(&m, a->call, tx, a->who.room, d->number);
    if (rv == APR_SUCCESS)
        rv = chat_act_message(a, tx, CHAT_MAY_DELETE, &m);
    if (rv == APR_SUCCESS && m.author != a->who.id)
        rv = chat_act_author(a, tx, &m);
    if (rv == APR_SUCCESS)
        rv = chat_message_remove(a->call, tx, &m, &a->who);
    return rv == APR_SUCCESS && m.author != a->who.id ? chat_act_record(a, tx, "delete")
                                                      : rv;
}

/* Separated by a space; in a list with a name that has one, each is ended by a line
 * break.
 */
const char *chat_message_recipient(const char **list, apr_size_t *len)
{
    const char *name = *list;
    if (!name || !*name)
        return NULL;
    *len = strcspn(name, strchr(name, '\n') ? "\n" : " ");
    *list = name + *len + (name[*len] != '\0');
    return name;
}

const char *chat_message_mention(const char **list, apr_size_t *len)
{
    static const char everyone[] = "channel";
    const char *name = *list;
    if (!name || !*name)
        return NULL;
    *len = strcspn(name, "\n");
    *list = name + *len + 1;
    if (*len)
        return name;
    *len = sizeof(everyone) - 1;
    return everyone;
}

apr_status_t chat_message_delete(chat_act_t *a, apr_int64_t number)
{
    deletion_t d = {a, number};
    return chat_act_run(a, delete_message, &d);
}

/* The id below which the page lies. */
static apr_int64_t before_id(const chat_page_t *page, const chat_identity_t *reader)
{
    return CHAT_ROW_ID(reader->room, chat_message_number_valid(page->before)
                                         ? page->before
                                         : CHAT_NUMBER_MAX);
}

/* The newest of a channel, but for those that are kept as text. */
static apr_status_t read_newest(chat_reading_t *out, chat_call_t *c, chat_tx_t *tx,
                                const chat_page_t *page)
{
    chat_messages_t *m = &out->messages;
    apr_int64_t channel = out->channel.id;
    chat_tail_t *t = page->before ? NULL : chat_tail_find(c, tx, channel, page->count);
    apr_status_t rv = APR_SUCCESS;
    int kept = t && t->begin;
    out->tail = t;
    if (kept && t->whole)
        return APR_SUCCESS;
    if (kept)
        rv = chat_message_after(m, tx, channel, t->is.newest, page->count, c->pool);
    kept = kept && rv == APR_SUCCESS && chat_tail_advance(t, m, page->count);
    if (!kept && rv == APR_SUCCESS)
        rv = chat_message_of_channel(m, tx, channel, before_id(page, &out->reader),
                                     page->count, c->pool);
    if (t && rv == APR_SUCCESS && m->n)
        t->is.newest = m->list[0].id;
    return rv;
}

/* Ends a read that gave RV. */
static apr_status_t end_page(chat_reading_t *out, const chat_call_t *c, chat_tx_t *tx,
                             int extended, apr_status_t rv)
{
    out->details = NULL;
    out->snippets = NULL;
    if (rv == APR_SUCCESS && extended)
        rv = chat_detail_of(&out->details, tx, out->reader.id, &out->messages, c->pool);
    return chat_store_end(tx, rv);
}

apr_status_t chat_messages_channel(chat_reading_t *out, chat_call_t *c,
                                   const chat_auth_t *auth, const char *channel,
                                   const chat_page_t *page)
{
    chat_identity_t *who = &out->reader;
    chat_tx_t *tx;
    apr_status_t rv = chat_auth_begin(who, &tx, c, auth);
    if (rv == APR_SUCCESS)
        rv = chat_channel_find(&out->channel, c, tx, who, channel);
    if (rv == APR_SUCCESS && !chat_policy_allows(CHAT_MAY_READ, who, &out->channel, 0))
        rv = chat_call_refuse(c, CHAT_P_NO_READ, "channel");
    if (rv == APR_SUCCESS && page->extended)
        rv = chat_message_of_channel_extended(&out->messages, tx, out->channel.id,
                                              before_id(page, who), page->count, c->pool);
    else if (rv == APR_SUCCESS)
        rv = read_newest(out, c, tx, page);
    return chat_call_read(c, CHAT_READ_CHANNEL, end_page(out, c, tx, page->extended, rv));
}

typedef apr_status_t (*list_fn)(chat_messages_t *out, chat_tx_t *tx, apr_int64_t of,
                                apr_int64_t before, int limit, apr_pool_t *pool);

/* A page of the reader, or of the chatroom. */
static apr_status_t read_page(chat_reading_t *out, chat_call_t *c,
                              const chat_auth_t *auth, const chat_page_t *page,
                              list_fn list)
{
    int kind = list == chat_message_direct      ? CHAT_READ_DIRECT
               : list == chat_message_announced ? CHAT_READ_ANNOUNCEMENT
                                                : CHAT_READ_OTHER;
    const chat_identity_t *who = &out->reader;
    chat_tx_t *tx;
    apr_status_t rv = chat_auth_begin(&out->reader, &tx, c, auth);
    if (rv == APR_SUCCESS)
        rv =
            list(&out->messages, tx, list == chat_message_announced ? who->room : who->id,
                 before_id(page, who), page->count, c->pool);
    return chat_call_read(c, kind, end_page(out, c, tx, page->extended, rv));
}

apr_status_t chat_messages_sent(chat_reading_t *out, chat_call_t *c,
                                const chat_auth_t *auth, const chat_page_t *page)
{
    return read_page(out, c, auth, page, chat_message_of_author);
}

apr_status_t chat_messages_direct(chat_reading_t *out, chat_call_t *c,
                                  const chat_auth_t *auth, const chat_page_t *page)
{
    return read_page(out, c, auth, page, chat_message_direct);
}

apr_status_t chat_messages_announced(chat_reading_t *out, chat_call_t *c,
                                     const chat_auth_t *auth, const chat_page_t *page)
{
    return read_page(out, c, auth, page, chat_message_announced);
}

apr_status_t chat_messages_one(chat_reading_t *out, chat_call_t *c,
                               const chat_auth_t *auth, apr_int64_t number, int extended)
{
    chat_message_t *m = apr_palloc(c->pool, sizeof(*m));
    chat_tx_t *tx;
    apr_status_t rv = chat_auth_begin(&out->reader, &tx, c, auth);
    if (rv == APR_SUCCESS)
        rv = chat_message_find(m, c, tx, out->reader.room, number);
    if (rv == APR_SUCCESS)
        rv = chat_message_check_readable(&out->channel, c, tx, &out->reader, m);
    out->messages.list = m;
    out->messages.n = 1;
    return chat_call_read(c, CHAT_READ_OTHER, end_page(out, c, tx, extended, rv));
}

/* The message that began the thread of NUMBER, which the reader may read. One that is
 * deleted still holds its replies together, as does one whose time is over: that has
 * nothing but id and channel. */
static apr_status_t find_root(chat_message_t *root, chat_reading_t *out, chat_call_t *c,
                              chat_tx_t *tx, apr_int64_t number)
{
    apr_int64_t valid = chat_message_number_valid(number) ? number : 0;
    apr_status_t rv =
        chat_message_by_id(root, tx, CHAT_ROW_ID(out->reader.room, valid), c->pool);
    if (rv == APR_SUCCESS)
        rv = chat_message_check_readable(&out->channel, c, tx, &out->reader, root);
    if (rv == APR_SUCCESS && root->root) {
        chat_message_t over = {.id = root->root, .channel = root->channel};
        rv = chat_message_by_id(root, tx, over.id, c->pool);
        if (rv != CHAT_NOTFOUND)
            return rv;
        *root = over;
        rv = APR_SUCCESS;
    }
    return rv == CHAT_NOTFOUND ? chat_call_refuse(c, CHAT_P_NO_MESSAGE, "message_id")
                               : rv;
}

static apr_status_t read_thread(chat_reading_t *out, chat_call_t *c, chat_tx_t *tx,
                                const chat_message_t *root, const chat_page_t *page)
{
    chat_thread_t wanted = {root->id, before_id(page, &out->reader), page->count};
    chat_messages_t *all = &out->messages;
    chat_message_t *list;
    apr_status_t rv = root->channel
                          ? chat_thread_of_channel(all, tx, &wanted, c->pool)
                          : chat_thread_direct(all, tx, out->reader.id, &wanted, c->pool);
    if (rv != APR_SUCCESS || page->before || !root->created)
        return rv;
    list = apr_palloc(c->pool, sizeof(*list) * ((apr_size_t)all->n + 1));
    memcpy(list, all->list, sizeof(*list) * (apr_size_t)all->n);
    list[all->n++] = *root;
    all->list = list;
    return rv;
}

apr_status_t chat_messages_thread(chat_reading_t *out, chat_call_t *c,
                                  const chat_auth_t *auth, apr_int64_t number,
                                  const chat_page_t *page)
{
    chat_message_t root;
    chat_tx_t *tx;
    apr_status_t rv = chat_auth_begin(&out->reader, &tx, c, auth);
    if (rv == APR_SUCCESS)
        rv = find_root(&root, out, c, tx, number);
    if (rv == APR_SUCCESS)
        rv = read_thread(out, c, tx, &root, page);
    return chat_call_read(c, CHAT_READ_OTHER, end_page(out, c, tx, 1, rv));
}
