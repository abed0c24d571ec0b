/* SPDX-License-Identifier: Apache-2.0 */
/* Rules of reactions. */
#include "core/reactions.h"

#include "base/text.h"
#include "core/message_find.h"
#include "core/policy.h"
#include "core/send.h"
#include "core/silence.h"

#include <apr_strings.h>
#include <string.h>

typedef struct react_t {
    chat_call_t *call;
    const chat_auth_t *auth;
    const chat_react_t *wanted;
    chat_identity_t who;
    chat_message_t message;
    chat_reactions_t *out;
} react_t;

static apr_status_t find(react_t *r, chat_tx_t *tx)
{
    chat_call_t *c = r->call;
    chat_channel_t ch;
    chat_message_t *m = &r->message;
    apr_status_t rv = chat_message_find(m, c, tx, r->who.room, r->wanted->number);
    if (rv == APR_SUCCESS)
        rv = chat_message_check_readable(&ch, c, tx, &r->who, m);
    if (rv == APR_SUCCESS && m->channel &&
        !chat_policy_allows(CHAT_MAY_WRITE, &r->who, &ch, 0))
        rv = chat_call_refuse(c, CHAT_P_NO_WRITE, "message_id");
    if (rv == APR_SUCCESS && r->wanted->on)
        rv = chat_silence_check(c, tx, &r->who, m->channel ? &ch : NULL);
    return rv;
}

static const chat_reaction_t *of_emoji(const chat_reactions_t *all, const char *emoji)
{
    for (int i = 0; i < all->n; i++) {
        if (!strcmp(all->list[i].emoji, emoji))
            return &all->list[i];
    }
    return NULL;
}

/* How the message stands. */
static apr_status_t count(react_t *r, chat_tx_t *tx)
{
    const char *ids =
        apr_psprintf(r->call->pool, "[%" APR_INT64_T_FMT "]", r->message.id);
    return chat_reaction_of(r->out, tx, r->who.id, ids, r->call->pool);
}

static apr_status_t refuse_more(react_t *r)
{
    return chat_call_refuse(r->call, CHAT_P_REACTIONS, "emoji");
}

/* CHAT_CONFLICT, CHAT_NOTFOUND: another unit was quicker, the account's own. */
static apr_status_t change(react_t *r, chat_tx_t *tx, chat_event_t *e)
{
    const chat_react_t *w = r->wanted;
    apr_int64_t id = r->message.id;
    apr_status_t rv = chat_event_number(tx, r->who.room, e);
    if (rv != APR_SUCCESS)
        return rv;
    rv = w->on ? chat_reaction_put(tx, id, w->emoji, r->who.id, r->call->now)
               : chat_reaction_remove(tx, id, w->emoji, r->who.id);
    if (rv == APR_SUCCESS)
        rv = count(r, tx);
    return rv == APR_SUCCESS && r->out->n > CHAT_REACTIONS_MAX ? refuse_more(r) : rv;
}

static apr_status_t note(react_t *r, chat_tx_t *tx)
{
    const chat_react_t *w = r->wanted;
    const chat_reaction_t *now;
    chat_event_t e = {.kind = CHAT_EVENT_REACTION,
                      .channel = r->message.channel,
                      .account = r->who.id,
                      .subject = r->message.id};
    apr_status_t rv = chat_send_audience(&e.audience, tx, &r->message, r->call->pool);
    if (rv == APR_SUCCESS)
        rv = change(r, tx, &e);
    if (rv != APR_SUCCESS)
        return rv;
    now = of_emoji(r->out, w->emoji);
    e.detail =
        apr_psprintf(r->call->pool, "%c%s %" APR_INT64_T_FMT " %s", w->on ? '+' : '-',
                     w->emoji, now ? now->count : APR_INT64_C(0), r->who.name);
    return chat_event_insert(tx, &e);
}

static apr_status_t react(chat_tx_t *tx, void *baton)
{
    react_t *r = baton;
    const chat_reaction_t *before;
    apr_status_t rv = chat_auth_change(&r->who, r->call, tx, r->auth);
    if (rv == APR_SUCCESS)
        rv = find(r, tx);
    if (rv == APR_SUCCESS)
        rv = count(r, tx);
    if (rv != APR_SUCCESS)
        return rv;
    before = of_emoji(r->out, r->wanted->emoji);
    if ((before && before->mine) == (r->wanted->on != 0))
        return APR_SUCCESS;
    if (r->wanted->on && !before && r->out->n >= CHAT_REACTIONS_MAX)
        return refuse_more(r);
    return note(r, tx);
}

apr_status_t chat_message_react(chat_reactions_t *out, chat_call_t *c,
                                const chat_auth_t *auth, const chat_react_t *wanted)
{
    react_t r = {.call = c, .auth = auth, .wanted = wanted, .out = out};
    apr_status_t rv;
    if (!chat_text_emoji(wanted->emoji, strlen(wanted->emoji)))
        return chat_call_refuse(c, CHAT_P_INVALID, "emoji");
    rv = chat_store_write(c->site->store, react, &r);
    if (rv == CHAT_CONFLICT || rv == CHAT_NOTFOUND) /* it stands so now */
        rv = chat_store_write(c->site->store, react, &r);
    if (rv == APR_SUCCESS)
        chat_event_hint(c, r.who.room);
    return rv;
}

#define ERASED_AT_ONCE 100

typedef struct erasing_t {
    chat_call_t *call;
    const chat_identity_t *who;
    int n;
} erasing_t;

static apr_status_t take_back(const erasing_t *e, chat_tx_t *tx,
                              const chat_reaction_t *old)
{
    const chat_react_t wanted = {.emoji = old->emoji};
    chat_reactions_t left;
    react_t r = {.call = e->call, .wanted = &wanted, .who = *e->who, .out = &left};
    apr_status_t rv = chat_message_by_id(&r.message, tx, old->message, e->call->pool);
    return rv == APR_SUCCESS ? note(&r, tx) : rv;
}

static apr_status_t erase(chat_tx_t *tx, void *baton)
{
    erasing_t *e = baton;
    chat_reactions_t all;
    apr_status_t rv =
        chat_reaction_by(&all, tx, e->who->id, ERASED_AT_ONCE, e->call->pool);
    e->n = all.n;
    for (int i = 0; rv == APR_SUCCESS && i < all.n; i++)
        rv = take_back(e, tx, &all.list[i]);
    return rv;
}

apr_status_t chat_reactions_erase(int *more, chat_call_t *c, const chat_identity_t *who)
{
    erasing_t e = {.call = c, .who = who};
    apr_status_t rv = chat_store_write(c->site->store, erase, &e);
    *more = e.n == ERASED_AT_ONCE;
    if (rv == APR_SUCCESS)
        chat_event_hint(c, who->room);
    return rv;
}
