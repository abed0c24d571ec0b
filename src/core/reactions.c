/* SPDX-License-Identifier: Apache-2.0 */
/* Rules of reactions. */
#include "core/reactions.h"

#include "base/text.h"
#include "core/message_find.h"
#include "core/mutes.h"
#include "core/policy.h"
#include "core/send.h"

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
        rv = chat_mute_check(c, tx, &r->who, m->channel ? &ch : NULL);
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

static apr_status_t change(react_t *r, chat_tx_t *tx)
{
    const chat_react_t *w = r->wanted;
    apr_int64_t id = r->message.id;
    if (!w->on)
        return chat_reaction_remove(tx, id, w->emoji, r->who.id);
    if (r->out->n >= CHAT_REACTIONS_MAX && !of_emoji(r->out, w->emoji))
        return chat_call_refuse(r->call, CHAT_P_REACTIONS, "emoji");
    return chat_reaction_put(tx, id, w->emoji, r->who.id, r->call->now);
}

static apr_status_t note(react_t *r, chat_tx_t *tx)
{
    const chat_react_t *w = r->wanted;
    const chat_reaction_t *now = of_emoji(r->out, w->emoji);
    chat_event_t e = {.kind = CHAT_EVENT_REACTION,
                      .channel = r->message.channel,
                      .account = r->who.id,
                      .subject = r->message.id};
    apr_status_t rv = chat_send_audience(&e.audience, tx, &r->message, r->call->pool);
    e.detail =
        apr_psprintf(r->call->pool, "%c%s %" APR_INT64_T_FMT " %s", w->on ? '+' : '-',
                     w->emoji, now ? now->count : APR_INT64_C(0), r->who.name);
    return rv == APR_SUCCESS ? chat_event_add(tx, r->who.room, &e) : rv;
}

static apr_status_t react(chat_tx_t *tx, void *baton)
{
    react_t *r = baton;
    const char *ids;
    apr_status_t rv = chat_auth_change(&r->who, r->call, tx, r->auth);
    if (rv == APR_SUCCESS)
        rv = find(r, tx);
    ids = apr_psprintf(r->call->pool, "[%" APR_INT64_T_FMT "]", r->message.id);
    if (rv == APR_SUCCESS)
        rv = chat_reaction_of(r->out, tx, r->who.id, ids, r->call->pool);
    if (rv == APR_SUCCESS)
        rv = change(r, tx);
    if (rv == CHAT_CONFLICT || rv == CHAT_NOTFOUND)
        return APR_SUCCESS; /* it stands so already */
    if (rv == APR_SUCCESS)
        rv = chat_reaction_of(r->out, tx, r->who.id, ids, r->call->pool);
    return rv == APR_SUCCESS ? note(r, tx) : rv;
}

apr_status_t chat_message_react(chat_reactions_t *out, chat_call_t *c,
                                const chat_auth_t *auth, const chat_react_t *wanted)
{
    react_t r = {.call = c, .auth = auth, .wanted = wanted, .out = out};
    apr_status_t rv;
    if (!chat_text_emoji(wanted->emoji, strlen(wanted->emoji)))
        return chat_call_refuse(c, CHAT_P_INVALID, "emoji");
    rv = chat_store_write(c->site->store, react, &r);
    if (rv == APR_SUCCESS)
        chat_event_hint(c, r.who.room);
    return rv;
}
