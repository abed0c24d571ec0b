/* SPDX-License-Identifier: Apache-2.0 */
/* Delivery to Discord. */
#include "outbox/discord.h"

#include "base/address.h"
#include "core/discord_out.h"
#include "outbox/discord_wire.h"

#include <apr_hash.h>
#include <apr_strings.h>
#include <string.h>

/* Targets whose limits and DM channels are remembered; then it starts over. */
#define KNOWN_MAX 4096
#define UNAUTHORIZED_WAIT apr_time_from_sec(60)

typedef struct discord_t {
    chat_worker_t *worker;
    chat_discord_config_t config;
    apr_pool_t *memory; /* of the two tables */
    apr_hash_t *free;   /* "KIND TARGET" -> apr_time_t */
    apr_hash_t *dms;    /* person -> channel */
    apr_time_t all_free, bot_free;
} discord_t;

/* One item on its way. */
typedef struct passage_t {
    discord_t *discord;
    chat_delivery_t *delivery;
    const char *authorization;
    const char *channel; /* target of a bot's message */
    int known;           /* it was remembered */
} passage_t;

/* ---- state between messages ---- */

static apr_time_t later(apr_time_t a, apr_time_t b)
{
    return a > b ? a : b;
}

static void forget(discord_t *d)
{
    apr_pool_clear(d->memory);
    d->free = apr_hash_make(d->memory);
    d->dms = apr_hash_make(d->memory);
}

#define KEY_SIZE 64 /* an id of Discord has at most 20 digits */

static void make_key(char key[KEY_SIZE], const chat_outbox_item_t *o)
{
    apr_snprintf(key, KEY_SIZE, "%d %s", (int)o->kind, o->target ? o->target : "");
}

static void hold(discord_t *d, const chat_outbox_item_t *o, apr_time_t until)
{
    char key[KEY_SIZE];
    apr_time_t *at;
    make_key(key, o);
    at = apr_hash_get(d->free, key, APR_HASH_KEY_STRING);
    if (!at) {
        if (apr_hash_count(d->free) >= KNOWN_MAX)
            forget(d);
        at = apr_pcalloc(d->memory, sizeof(*at));
        apr_hash_set(d->free, apr_pstrdup(d->memory, key), APR_HASH_KEY_STRING, at);
    }
    *at = later(*at, until);
}

static void remember_dm(discord_t *d, const char *person, const char *channel)
{
    if (!channel) {
        apr_hash_set(d->dms, person, APR_HASH_KEY_STRING, NULL);
        return;
    }
    if (apr_hash_count(d->dms) >= KNOWN_MAX)
        forget(d);
    apr_hash_set(d->dms, apr_pstrdup(d->memory, person), APR_HASH_KEY_STRING,
                 apr_pstrdup(d->memory, channel));
}

static apr_time_t free_at(void *baton, const chat_outbox_item_t *o)
{
    discord_t *d = baton;
    char key[KEY_SIZE];
    const apr_time_t *at;
    apr_time_t when = d->all_free;
    make_key(key, o);
    at = apr_hash_get(d->free, key, APR_HASH_KEY_STRING);
    if (at)
        when = later(when, *at);
    return o->kind == CHAT_OUTBOX_DISCORD_WEBHOOK ? when : later(when, d->bot_free);
}

/* ---- answers ---- */

static void finish(passage_t *p, const chat_verdict_t *v)
{
    discord_t *d = p->discord;
    const chat_outbox_item_t *o = &p->delivery->item;
    int bot = o->kind != CHAT_OUTBOX_DISCORD_WEBHOOK;
    chat_outcome_t outcome = v->outcome;
    apr_time_t now = apr_time_now(), next = v->wait ? now + v->wait : 0;
    if (v->bucket_empty)
        hold(d, o, now + v->bucket_wait);
    if (v->outcome == CHAT_OUTCOME_HELD && v->everywhere)
        d->all_free = later(d->all_free, next);
    else if (v->outcome == CHAT_OUTCOME_HELD)
        hold(d, o, next);
    if (bot && v->unauthorized) {
        /* a wrong token is wrong for all; the administrator has to replace it */
        d->bot_free = next = now + UNAUTHORIZED_WAIT;
        outcome = CHAT_OUTCOME_FAILED;
    }
    chat_delivery_end(p->delivery, outcome, next, v->reason);
}

static void cannot(passage_t *p, const char *what)
{
    chat_delivery_end(p->delivery, CHAT_OUTCOME_FAILED, 0, what);
}

/* ---- requests ---- */

static void request(passage_t *p, const char *url, const char *json,
                    chat_http_done_fn done)
{
    chat_http_request_t r = {.url = url,
                             .authorization = p->authorization,
                             .body = json,
                             .done = done,
                             .baton = p,
                             .pool = p->delivery->pool};
    if (chat_http_start(chat_worker_http(p->discord->worker), &r) != APR_SUCCESS)
        cannot(p, "cannot create the request");
}

static void webhook_done(void *baton, const chat_http_answer_t *a)
{
    passage_t *p = baton;
    chat_verdict_t v;
    chat_discord_judge(&v, a, 0, p->delivery->pool);
    finish(p, &v);
}

static void message_done(void *baton, const chat_http_answer_t *a)
{
    passage_t *p = baton;
    const chat_outbox_item_t *o = &p->delivery->item;
    chat_verdict_t v;
    chat_discord_judge(&v, a, 1, p->delivery->pool);
    /* it may be the channel of another bot, whose token was there before */
    if (v.outcome == CHAT_OUTCOME_REFUSED && p->known) {
        remember_dm(p->discord, o->target, NULL);
        v.outcome = CHAT_OUTCOME_FAILED;
    }
    finish(p, &v);
}

static void post_message(passage_t *p)
{
    discord_t *d = p->discord;
    apr_pool_t *pool = p->delivery->pool;
    char nonce[CHAT_NONCE_SIZE];
    chat_discord_nonce(nonce, d->config.secret, p->delivery->item.id);
    request(
        p, apr_pstrcat(pool, d->config.api, "/channels/", p->channel, "/messages", NULL),
        chat_discord_message_body(p->delivery->item.payload, nonce, pool), message_done);
}

static void dm_done(void *baton, const chat_http_answer_t *a)
{
    passage_t *p = baton;
    chat_verdict_t v;
    chat_discord_judge(&v, a, 1, p->delivery->pool);
    if (v.outcome != CHAT_OUTCOME_DELIVERED) {
        finish(p, &v);
        return;
    }
    /* the limit of making DM channels is not that of messages there */
    remember_dm(p->discord, p->delivery->item.target, v.id);
    p->channel = v.id;
    post_message(p);
}

static passage_t *passage(discord_t *d, chat_delivery_t *delivery)
{
    passage_t *p = apr_pcalloc(delivery->pool, sizeof(*p));
    p->discord = d;
    p->delivery = delivery;
    return p;
}

static void start_webhook(void *baton, chat_delivery_t *delivery)
{
    discord_t *d = baton;
    passage_t *p = passage(d, delivery);
    const chat_outbox_item_t *o = &delivery->item;
    const char *url;
    if (chat_secret_line(&url, d->config.webhook_file, delivery->pool) != APR_SUCCESS ||
        !chat_address_valid(url)) {
        cannot(p, "the file with the webhook's address cannot be used");
        return;
    }
    request(p, chat_discord_webhook_url(url, delivery->pool),
            chat_discord_webhook_body(
                o->payload, chat_discord_out_username(o->account_name), delivery->pool),
            webhook_done);
}

static void start_bot(void *baton, chat_delivery_t *delivery)
{
    discord_t *d = baton;
    passage_t *p = passage(d, delivery);
    const chat_outbox_item_t *o = &delivery->item;
    apr_pool_t *pool = delivery->pool;
    const char *token;
    if (chat_secret_line(&token, d->config.token_file, pool) != APR_SUCCESS) {
        cannot(p, "the file with the bot's token cannot be used");
        return;
    }
    p->authorization = apr_pstrcat(pool, "Bot ", token, NULL);
    p->channel = o->target;
    if (o->kind == CHAT_OUTBOX_DISCORD_PERSON)
        p->channel = apr_hash_get(d->dms, o->target, APR_HASH_KEY_STRING);
    p->known = p->channel && o->kind == CHAT_OUTBOX_DISCORD_PERSON;
    if (p->channel)
        post_message(p);
    else
        request(p, apr_pstrcat(pool, d->config.api, "/users/@me/channels", NULL),
                chat_discord_dm_body(o->target, pool), dm_done);
}

static void add(chat_worker_t *w, discord_t *d, chat_outbox_kind_t kind,
                void (*start)(void *, chat_delivery_t *))
{
    chat_sender_t sender = {.kind = kind,
                            .most = CHAT_SENDER_MOST,
                            .free_at = free_at,
                            .start = start,
                            .baton = d};
    chat_worker_add(w, &sender);
}

void chat_discord_add(chat_worker_t *w, const chat_discord_config_t *config)
{
    discord_t *d = apr_pcalloc(chat_worker_pool(w), sizeof(*d));
    d->worker = w;
    d->config = *config;
    apr_pool_create(&d->memory, chat_worker_pool(w));
    forget(d);
    if (config->webhook_file)
        add(w, d, CHAT_OUTBOX_DISCORD_WEBHOOK, start_webhook);
    if (config->token_file) {
        add(w, d, CHAT_OUTBOX_DISCORD_CHANNEL, start_bot);
        add(w, d, CHAT_OUTBOX_DISCORD_PERSON, start_bot);
    }
}
