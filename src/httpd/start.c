/* SPDX-License-Identifier: Apache-2.0 */
/* Databases, secrets, limits and realtime: brought up by the parent, opened by each
 * child.
 */
#include "httpd/start.h"

#include "base/bounds.h"
#include "httpd/config/announce.h"
#include "httpd/database.h"
#include "httpd/janitor.h"
#include "httpd/log.h"
#include "httpd/realtime/daemon.h"
#include "httpd/realtime/realtime.h"
#include "httpd/request/limits.h"
#include "httpd/request/metrics.h"

#include <httpd.h>
#include <ap_mpm.h>
#include <apr_strings.h>
#include <http_core.h>
#include <http_log.h>
#include <unistd.h>
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
    janitor_prepare(gen, pconf);
    chat_realtime_post_config(gen, &runner, pconf, ptemp);
    chat_announce(gen, ptemp);
    return OK;
}

/* ---- a child ---- */

static apr_status_t hash_enter(void *baton, apr_uint64_t owner)
{
    const chat_generation_t *gen = baton;
    apr_time_t began = apr_time_now();
    apr_status_t rv =
        chat_gate_enter(gen->hashes, owner, apr_time_from_sec(CHAT_HASH_WAIT_SECONDS));
    CHAT_OBSERVE(gen->metrics, password_wait, TIME, 0, apr_time_now() - began);
    if (rv == APR_SUCCESS)
        return rv;
    CHAT_COUNT(gen->metrics, shed, CHAT_SHED_PASSWORDS);
    return CHAT_BUSY;
}

static void hash_leave(void *baton)
{
    const chat_generation_t *gen = baton;
    chat_gate_leave(gen->hashes);
}

/* A password hash uses a processor for tens of milliseconds: one per processor. */
static int hash_places(void)
{
    long n = sysconf(_SC_NPROCESSORS_ONLN);
    return n > 0 ? (int)n : 1;
}

/* A request that waits for a hash holds a thread that could serve a file. */
static int hash_waiters(void)
{
    int threads = 1;
    ap_mpm_query(AP_MPMQ_MAX_THREADS, &threads);
    return threads / CHAT_HASH_WAITERS_PART;
}

static void host_open(chat_host_t *host, chat_generation_t *gen)
{
    chat_site_t *site = &host->site;
    site->limits = gen->limits ? chat_limits_table(gen->limits) : NULL;
    site->metrics = gen->metrics;
    if (gen->hashes) {
        site->hash_enter = hash_enter;
        site->hash_leave = hash_leave;
        site->hash_baton = gen;
    }
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
    rv = chat_gate_create(&gen->hashes, hash_places(), hash_waiters(), pchild);
    if (rv != APR_SUCCESS)
        gen->hashes = NULL;
    for (int i = 0; i < gen->databases->nelts; i++)
        chat_database_open(APR_ARRAY_IDX(gen->databases, i, chat_site_database_t *),
                           pchild);
    for (int i = 0; i < gen->hosts->nelts; i++)
        host_open(APR_ARRAY_IDX(gen->hosts, i, chat_host_t *), gen);
    chat_realtime_child_init(gen, pchild);
}
