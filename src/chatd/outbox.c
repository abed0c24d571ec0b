/* SPDX-License-Identifier: Apache-2.0 */
/* The workers that deliver what goes outside: one per database, each in a thread. */
#include "chatd/chatd.h"
#include "outbox/discord.h"

#include <string.h>

static int same_database(const chatd_site_t *a, const chatd_site_t *b)
{
    return !strcmp(a->conf->params, b->conf->params) &&
           !strcmp(a->conf->driver, b->conf->driver);
}

static chatd_site_t *in_charge(const chatd_site_t *site)
{
    const chatd_t *d = site->daemon;
    for (unsigned i = 0; i < d->site_count; i++) {
        if (d->sites[i] && d->sites[i]->outbox && same_database(d->sites[i], site))
            return d->sites[i];
    }
    return NULL;
}

static void fail(chatd_site_t *site, apr_status_t rv, const char *why)
{
    chat_log(&site->daemon->log, CHAT_LOG_ERROR, 805, rv,
             "%s: nothing is delivered from the outbox: %s", site->conf->name, why);
}

void chatd_outbox_create(chatd_site_t *site)
{
    const chat_wire_site_t *conf = site->conf;
    chat_worker_config_t config = {
        .name = conf->name, .database = &site->database, .log = site->daemon->log};
    chat_discord_config_t discord = {.api = conf->discord_api,
                                     .webhook_file = conf->discord_webhook,
                                     .token_file = conf->discord_token,
                                     .secret = &site->site.secret};
    const char *why = "";
    apr_status_t rv;
    if ((!conf->discord_webhook && !conf->discord_token) || in_charge(site))
        return;
    if (!discord.api)
        discord.api = CHAT_DISCORD_API;
    rv = chat_worker_create(&site->outbox, &why, &config);
    if (rv != APR_SUCCESS) {
        site->outbox = NULL;
        fail(site, rv, why);
        return;
    }
    chat_discord_add(site->outbox, &discord);
    rv = chat_worker_run(site->outbox);
    if (rv != APR_SUCCESS) {
        fail(site, rv, "there is no thread for it");
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
