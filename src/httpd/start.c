/* SPDX-License-Identifier: Apache-2.0 */
/* Databases, secrets, limits and realtime: brought up by the parent, opened by each
 * child.
 */
#include "httpd/start.h"

#include "base/bounds.h"
#include "httpd/config/announce.h"
#include "httpd/database.h"
#include "httpd/exchange.h"
#include "httpd/janitor.h"
#include "httpd/log.h"
#include "httpd/realtime/daemon.h"
#include "httpd/realtime/realtime.h"
#include "httpd/request/hashing.h"
#include "httpd/request/limits.h"
#include "httpd/request/metrics.h"

#include <httpd.h>
#include <apr_strings.h>
#include <http_core.h>
#include <http_log.h>
#include <unixd.h>

/* ---- the parent ---- */

static int limits_prepare(chat_generation_t *gen, apr_pool_t *pconf)
{
    const char *why = NULL;
    apr_status_t rv = chat_limits_share(&gen->limits, &why, gen->main, pconf);
    chat_log_t log;
    if (rv == APR_SUCCESS)
        return 1;
    chat_log_startup(&log, gen->main);
    chat_log(&log, CHAT_LOG_ERROR, 143, rv, "%s", why);
    return 0;
}

static void janitor_prepare(chat_generation_t *gen, apr_pool_t *pconf)
{
    apr_status_t rv = chat_janitor_register(gen, pconf);
    chat_log_t log;
    if (rv == APR_SUCCESS)
        return;
    chat_log_server(&log, gen->main);
    chat_log(&log, CHAT_LOG_WARNING, 144, rv,
             "expired data will not be deleted: load mod_watchdog");
}

int chat_start_post_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp,
                           server_rec *s)
{
    chat_generation_t *gen = chat_config_server(s)->generation;
    chat_runner_t runner;
    (void)plog;
    /* httpd reads its configuration twice when it starts and discards the first */
    if (ap_state_query(AP_SQ_MAIN_STATE) == AP_SQ_MS_CREATE_PRE_CONFIG)
        return DECLINED;
    if (!gen) {
        chat_daemon_end(s);
        return DECLINED;
    }
    if (chat_crypt_init() != APR_SUCCESS)
        return HTTP_INTERNAL_SERVER_ERROR;
    chat_database_init();
    /* not ptemp: the daemon is started again long after this */
    chat_site_runner(&runner, pconf);
    for (int i = 0; i < gen->databases->nelts; i++)
        chat_database_prepare(APR_ARRAY_IDX(gen->databases, i, chat_site_database_t *),
                              &runner, pconf, ptemp);
    if (!limits_prepare(gen, pconf))
        return HTTP_INTERNAL_SERVER_ERROR;
    gen->metrics = chat_metrics_open();
    chat_hashing_prepare(&gen->hashes, gen->main, gen->metrics, pconf);
    janitor_prepare(gen, pconf);
    chat_realtime_post_config(gen, &runner, pconf, ptemp);
    chat_announce(gen, ptemp);
    return OK;
}

/* ---- a child ---- */

static void host_open(chat_host_t *host, chat_generation_t *gen)
{
    chat_site_t *site = &host->site;
    site->limits = gen->limits ? chat_limits_table(gen->limits) : NULL;
    site->joint = host->database->joint;
    site->metrics = gen->metrics;
    if (gen->hashes) {
        site->hash_enter = chat_hashing_enter;
        site->hash_leave = chat_hashing_leave;
        site->hash_baton = gen->hashes;
    }
}

static void database_open(chat_site_database_t *database, chat_generation_t *gen,
                          apr_pool_t *pchild)
{
    chat_limits_t *limits = gen->limits ? chat_limits_table(gen->limits) : NULL;
    if (limits && !database->spec.file)
        database->joint =
            chat_limits_joint(limits, chat_exchange_group(database), pchild);
    chat_database_open(database, pchild);
}

void chat_start_child_init(apr_pool_t *pchild, server_rec *s)
{
    chat_generation_t *gen = chat_config_server(s)->generation;
    chat_log_t log;
    apr_status_t rv;
    if (!gen)
        return;
    chat_log_server(&log, s);
    rv = chat_limits_child(gen->limits, pchild);
    if (rv != APR_SUCCESS) {
        chat_log(&log, CHAT_LOG_ERROR, 146, rv,
                 "this process cannot use the shared limits and counts by itself");
    }
    chat_hashing_child(gen->hashes, pchild);
    for (int i = 0; i < gen->databases->nelts; i++)
        database_open(APR_ARRAY_IDX(gen->databases, i, chat_site_database_t *), gen,
                      pchild);
    for (int i = 0; i < gen->hosts->nelts; i++)
        host_open(APR_ARRAY_IDX(gen->hosts, i, chat_host_t *), gen);
    chat_realtime_child_init(gen, pchild);
}
