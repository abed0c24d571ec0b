/* SPDX-License-Identifier: Apache-2.0 */
/* Messages to Discord, put into the outbox. */
#include "core/discord_out.h"

#include "base/name.h"
#include "base/text.h"
#include "core/silence.h"
#include "store/discord.h"
#include "store/outbox.h"

#include <apr_strings.h>
#include <string.h>

/* Of a webhook's user name, in characters. */
#define USERNAME_MAX 80

typedef struct relay_t {
    chat_call_t *call;
    const chat_auth_t *auth;
    const char *target; /* NULL: the webhook */
    const chat_text_t *text;
} relay_t;

const char *chat_discord_out_username(const char *name)
{
    static const char *const refused[] = {"clyde", "discord"};
    static const char *const reserved[] = {"everyone", "here"};
    if (!name || !*name || chat_text_length(name, strlen(name)) > USERNAME_MAX)
        return NULL;
    for (int i = 0; i < 2; i++) {
        if (strcasestr(name, refused[i]) || !strcasecmp(name, reserved[i]))
            return NULL;
    }
    return name;
}

/* A name with the characters of Discord's markdown escaped. */
static const char *plain(const char *name, apr_pool_t *pool)
{
    char *out = apr_palloc(pool, 2 * strlen(name) + 1), *p = out;
    for (; *name; name++) {
        if (strchr("\\_*~`|>#-:<@[]()", *name))
            *p++ = '\\';
        *p++ = *name;
    }
    *p = '\0';
    return out;
}

/* Whether a part of TEXT could look like a separate line, to Discord or a reader. */
static int has_lines(const chat_text_t *text)
{
    static const char *const breaks[] = {"\n",       "\r",           "\v",          "\f",
                                         "\xc2\x85", "\xe2\x80\xa8", "\xe2\x80\xa9"};
    for (apr_size_t i = 0; i < sizeof(breaks) / sizeof(*breaks); i++) {
        if (strstr(text->text, breaks[i]))
            return 1;
    }
    return 0;
}

const char *chat_discord_out_content(const char *name, const chat_text_t *text,
                                     int by_webhook, apr_pool_t *pool)
{
    if (by_webhook && chat_discord_out_username(name))
        return text->text;
    /* a second line could look like another person's message: ">>> " quotes all of them,
     * to the end, regardless of their content */
    return apr_pstrcat(pool, "**", plain(name, pool),
                       has_lines(text) ? "**:\n>>> " : "**: ", text->text, NULL);
}

/* The text with its sender's name, or a refusal with the greatest length. */
static apr_status_t compose(relay_t *r, chat_outbox_item_t *item, const char *name)
{
    chat_call_t *c = r->call;
    apr_size_t own = chat_text_length(r->text->text, r->text->len), all;
    item->payload = chat_discord_out_content(
        name, r->text, item->kind == CHAT_OUTBOX_DISCORD_WEBHOOK, c->pool);
    all = chat_text_length(item->payload, strlen(item->payload));
    if (all <= CHAT_BRIDGE_MAX)
        return APR_SUCCESS;
    return chat_refuse_number(&c->problem, CHAT_P_TOO_LARGE,
                              (apr_int64_t)(CHAT_BRIDGE_MAX - (all - own)));
}

static apr_status_t choose_target(relay_t *r, chat_tx_t *tx, chat_outbox_item_t *item)
{
    chat_call_t *c = r->call;
    chat_link_t link;
    apr_status_t rv;
    item->next = c->now;
    if (!r->target && c->site->discord_channel) {
        item->kind = CHAT_OUTBOX_DISCORD_CHANNEL;
        item->target = c->site->discord_channel;
        item->state = CHAT_OUTBOX_WAITING;
        return APR_SUCCESS;
    }
    if (!r->target) {
        item->kind = CHAT_OUTBOX_DISCORD_WEBHOOK;
        item->state =
            c->site->discord_webhook ? CHAT_OUTBOX_WAITING : CHAT_OUTBOX_NO_TARGET;
        item->done = c->site->discord_webhook ? 0 : c->now;
        return APR_SUCCESS;
    }
    rv = chat_link_find(&link, tx, item->account, chat_name_fold(r->target, c->pool),
                        c->pool);
    if (rv == CHAT_NOTFOUND)
        return chat_call_refuse(c, CHAT_P_NO_LINK, "channel");
    if (rv != APR_SUCCESS)
        return rv;
    item->kind = link.person ? CHAT_OUTBOX_DISCORD_PERSON : CHAT_OUTBOX_DISCORD_CHANNEL;
    item->target = link.discord_id;
    item->state = CHAT_OUTBOX_WAITING;
    return APR_SUCCESS;
}

static apr_status_t relay(chat_tx_t *tx, void *baton)
{
    relay_t *r = baton;
    chat_call_t *c = r->call;
    chat_outbox_item_t item = {0};
    chat_identity_t who;
    const char *principal;
    apr_int64_t known, id;
    apr_status_t rv = chat_auth_resolve(&who, c, tx, r->auth);
    if (rv != APR_SUCCESS)
        return rv;
    principal = apr_psprintf(c->pool, "%" APR_INT64_T_FMT, who.id);
    rv = chat_once_known(&known, c, tx, principal);
    if (rv != APR_SUCCESS || known)
        return rv;
    item.room = who.room;
    item.account = who.id;
    item.created = c->now;
    rv = chat_silence_take(c, tx, &who, NULL);
    if (rv == APR_SUCCESS)
        rv = choose_target(r, tx, &item);
    if (rv == APR_SUCCESS)
        rv = compose(r, &item, who.name);
    if (rv == APR_SUCCESS)
        rv = chat_call_limit_account(c, CHAT_LIMIT_SENDS, who.id, 0);
    if (rv == APR_SUCCESS)
        rv = chat_call_limit_account(c, CHAT_LIMIT_KILOBYTES, who.id, r->text->len);
    if (rv == APR_SUCCESS)
        rv = chat_outbox_insert(&id, tx, &item);
    return rv == APR_SUCCESS ? chat_once_remember(c, tx, principal, id) : rv;
}

static apr_status_t run(relay_t *r)
{
    chat_call_t *c = r->call;
    apr_status_t rv;
    if (!r->text->len)
        return chat_call_refuse(c, CHAT_P_EMPTY, "message");
    if (chat_text_length(r->text->text, r->text->len) > CHAT_BRIDGE_MAX)
        return chat_refuse_number(&c->problem, CHAT_P_TOO_LARGE, CHAT_BRIDGE_MAX);
    rv = chat_store_write(c->site->store, relay, r);
    if (rv != APR_SUCCESS)
        chat_call_unlimit(c);
    if (rv == APR_SUCCESS)
        chat_event_hint(c, CHAT_HINT_OUTBOX);
    return rv;
}

apr_status_t chat_discord_out_send(chat_call_t *c, const chat_auth_t *auth,
                                   const chat_text_t *text)
{
    relay_t r = {.call = c, .auth = auth, .text = text};
    return run(&r);
}

apr_status_t chat_discord_out_send_to(chat_call_t *c, const chat_auth_t *auth,
                                      const char *target, const chat_text_t *text)
{
    relay_t r = {.call = c, .auth = auth, .target = target, .text = text};
    return run(&r);
}
