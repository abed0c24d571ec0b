/* SPDX-License-Identifier: Apache-2.0 */
/* What chat serves and where, on standard output. */
#include "httpd/watch/dump.h"

#include "httpd/config/tree.h"
#include "httpd/request/map.h"
#include "httpd/site.h"

#include <ap_listen.h>
#include <ap_mpm.h>
#include <apr_strings.h>
#include <http_config.h>
#include <http_core.h>
#include <mpm_common.h>
#include <string.h>

typedef struct dump_t {
    apr_file_t *out;
    apr_pool_t *pool;
    const server_rec *main;
} dump_t;

static void say(const dump_t *d, const char *word, const char *value)
{
    if (value)
        apr_file_printf(d->out, "chat: %s %s\n", word, value);
}

/* ---- where a host can be reached from this machine ---- */

static int is_any(const apr_sockaddr_t *address)
{
    char text[64];
    return apr_sockaddr_ip_getbuf(text, sizeof(text), (apr_sockaddr_t *)address) ==
               APR_SUCCESS &&
           (!strcmp(text, "0.0.0.0") || !strcmp(text, "::") ||
            !strcmp(text, "255.255.255.255"));
}

/* Whether a virtual host takes the requests of PORT. */
static int is_taken(const dump_t *d, apr_port_t port)
{
    for (const server_rec *s = d->main->next; s; s = s->next)
        for (const server_addr_rec *a = s->addrs; a; a = a->next)
            if (!a->host_port || a->host_port == port)
                return 1;
    return 0;
}

static int fits(const dump_t *d, const server_rec *s, const server_addr_rec *address,
                const ap_listen_rec *listener)
{
    apr_port_t port = listener->bind_addr->port;
    if (s == d->main)
        return !is_taken(d, port);
    return !address->host_port || address->host_port == port;
}

static const char *reached_at(const dump_t *d, const server_rec *s)
{
    for (const server_addr_rec *a = s->addrs; a; a = a->next)
        for (const ap_listen_rec *l = ap_listeners; l; l = l->next) {
            const apr_sockaddr_t *to =
                is_any(a->host_addr) || s == d->main ? l->bind_addr : a->host_addr;
            char text[64];
            if (!fits(d, s, a, l))
                continue;
            if (is_any(to))
                apr_cpystrn(text, to->family == APR_INET ? "127.0.0.1" : "::1",
                            sizeof(text));
            else if (apr_sockaddr_ip_getbuf(text, sizeof(text), (apr_sockaddr_t *)to) !=
                     APR_SUCCESS)
                continue;
            return apr_psprintf(d->pool, strchr(text, ':') ? "[%s]:%u" : "%s:%u", text,
                                (unsigned)l->bind_addr->port);
        }
    return NULL;
}

/* ---- one host ---- */

/* The <Location> of S with `SetHandler chat-health`. */
static const char *health_of(const ap_directive_t *node, const server_rec *s,
                             apr_pool_t *pool)
{
    const char *found = NULL;
    for (; node && !found; node = node->next) {
        const char *args = node->args;
        if (node->first_child && !chat_tree_elsewhere(node, s))
            found = health_of(node->first_child, s, pool);
        else if (!strcasecmp(node->directive, "SetHandler") && node->parent &&
                 !strcasecmp(node->parent->directive, "<Location") &&
                 !strcmp(ap_getword_conf(pool, &args), CHAT_HEALTH_HANDLER))
            found = chat_tree_section(node->parent, pool);
    }
    return found;
}

static void say_mounts(const dump_t *d, const chat_host_t *host)
{
    for (int i = 0; i < host->mounts->nelts; i++) {
        const chat_mount_t *m = &APR_ARRAY_IDX(host->mounts, i, const chat_mount_t);
        for (int k = 0; m->dialects[k]; k++)
            say(d, "api",
                apr_pstrcat(d->pool, m->dialects[k]->name, " ", m->prefix, NULL));
    }
    if (host->way != CHAT_WAY_OFF)
        say(d, "realtime", host->realtime_path);
}

static void say_host(const dump_t *d, const chat_host_t *host)
{
    const chat_database_t *spec = &host->database->spec;
    const char *at = reached_at(d, host->server);
    char mark[CHAT_DATABASE_MARK_SIZE];
    chat_settings_t settings;
    if (!at)
        return;
    chat_config_settings(
        &settings, ap_get_module_config(host->server->lookup_defaults, &chat_module));
    say(d, "host",
        host->server->server_hostname ? host->server->server_hostname : "localhost");
    say(d, "at", at);
    chat_database_mark(mark, spec);
    say(d, "database", mark);
    say(d, "room", apr_psprintf(d->pool, "%" APR_INT64_T_FMT, settings.room));
    say_mounts(d, host);
    say(d, "health", health_of(ap_conftree, host->server, d->pool));
    for (int i = 0; host->mail && i < host->mail->nelts; i++)
        say(d, "mail", APR_ARRAY_IDX(host->mail, i, const char *));
    if (host->site.discord_webhook || host->discord_token)
        say(d, "discord-api", host->discord_api ? host->discord_api : "-");
    say(d, "discord-webhook", host->discord_webhook);
    say(d, "discord-token", host->discord_token);
}

/* ---- */

static int workers(void)
{
    int daemons, threads;
    if (ap_mpm_query(AP_MPMQ_MAX_DAEMONS, &daemons) != APR_SUCCESS ||
        ap_mpm_query(AP_MPMQ_MAX_THREADS, &threads) != APR_SUCCESS)
        return 0;
    return daemons * (threads > 0 ? threads : 1);
}

void chat_dump(apr_pool_t *pconf, server_rec *main)
{
    const chat_generation_t *gen = chat_config_server(main)->generation;
    dump_t d = {.pool = pconf, .main = main};
    if (!ap_exists_config_define("DUMP_CHAT") || !gen ||
        apr_file_open_stdout(&d.out, pconf) != APR_SUCCESS)
        return;
    say(&d, "workers", apr_itoa(pconf, workers()));
    say(&d, "pid-file", ap_server_root_relative(pconf, ap_pid_fname));
    if (gen->daemon)
        say(&d, "daemon", gen->daemon->http);
    for (int i = 0; i < gen->hosts->nelts; i++)
        say_host(&d, APR_ARRAY_IDX(gen->hosts, i, const chat_host_t *));
}
