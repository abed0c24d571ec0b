/* SPDX-License-Identifier: Apache-2.0 */
/* The workers that deliver outboxes: one per database, each in a thread. */
#include "chatd/chatd.h"
#include "outbox/discord.h"
#include "outbox/mail.h"

#include <string.h>

static chatd_site_t *in_charge(const chatd_site_t *site)
{
    chatd_site_t *other;
    for (unsigned i = 0; (other = chatd_site_sharing(site, &i)) && !other->outbox;)
        ;
    return other;
}

static void fail(chatd_site_t *site, apr_status_t rv, const char *why)
{
    chat_log(&site->daemon->log, CHAT_LOG_ERROR, 805, rv,
             "%s: cannot deliver from the outbox: %s", site->conf->name, why);
}

/* What the sites of one database can send. */
typedef struct senders_t {
    chat_discord_config_t discord;
    chat_mailer_t mailer;
} senders_t;

static const char *const *command_of(const chat_wire_site_t *conf, apr_pool_t *pool)
{
    const char **words = apr_pcalloc(pool, (conf->mail->nelts + 1) * sizeof(*words));
    memcpy(words, conf->mail->elts, conf->mail->nelts * sizeof(*words));
    return words;
}

static void add_site(senders_t *s, const chatd_site_t *site, apr_pool_t *pool)
{
    const chat_wire_site_t *conf = site->conf;
    chat_discord_config_t *discord = &s->discord;
    int first = !discord->webhook_file && !discord->token_file;
    if (!discord->webhook_file)
        discord->webhook_file = conf->discord_webhook;
    if (!discord->token_file)
        discord->token_file = conf->discord_token;
    if (first && conf->discord_api)
        discord->api = conf->discord_api;
    if (!s->mailer.command && conf->mail->nelts) {
        s->mailer.command = command_of(conf, pool);
        s->mailer.templates = conf->mail_templates;
        s->mailer.secret = site->site.secret;
    }
}

static int collect(senders_t *s, const chatd_site_t *site)
{
    const chatd_site_t *other;
    s->discord.api = CHAT_DISCORD_API;
    s->discord.secret = &site->site.secret;
    for (unsigned i = 0; (other = chatd_site_sharing(site, &i));) {
        if (chatd_site_ready(other))
            add_site(s, other, site->pool);
    }
    return s->discord.webhook_file || s->discord.token_file || s->mailer.command;
}

void chatd_outbox_create(chatd_site_t *site)
{
    chat_worker_config_t config = {.name = site->conf->name,
                                   .database = &site->database,
                                   .metrics = &site->daemon->metrics,
                                   .log = site->daemon->log};
    senders_t senders = {0};
    const char *why = "";
    apr_status_t rv;
    if (in_charge(site) || !collect(&senders, site))
        return;
    rv = chat_worker_create(&site->outbox, &why, &config);
    if (rv != APR_SUCCESS) {
        site->outbox = NULL;
        fail(site, rv, why);
        return;
    }
    chat_discord_add(site->outbox, &senders.discord);
    if (senders.mailer.command)
        chat_mail_add(site->outbox, &senders.mailer);
    rv = chat_worker_run(site->outbox);
    if (rv != APR_SUCCESS) {
        fail(site, rv, "cannot create a thread");
        chatd_outbox_destroy(site);
    }
}

void chatd_outbox_hint(chatd_site_t *site)
{
    chatd_site_t *other = in_charge(site);
    if (other)
        chat_worker_wake(other->outbox);
}

void chatd_outbox_destroy(chatd_site_t *site)
{
    if (site->outbox)
        chat_worker_stop(site->outbox);
    site->outbox = NULL;
}
