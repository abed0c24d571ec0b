/* SPDX-License-Identifier: Apache-2.0 */
/* Databases, secrets, limits and realtime: brought up by the parent, opened by each
 * child.
 */
#include "httpd/start.h"

#include "base/bounds.h"
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

/* USED: the database was there before. */
static apr_status_t secret_prepare(chat_site_database_t *database,
                                   const chat_runner_t *runner, int used,
                                   apr_pool_t *ptemp)
{
    long uid = runner->switched ? (long)runner->uid : -1;
    long gid = runner->switched ? (long)runner->gid : -1;
    apr_status_t rv = chat_secret_load(&database->secret, database->secret_file, ptemp);
    if (!APR_STATUS_IS_ENOENT(rv) || database->secret_named)
        return rv;
    rv = chat_secret_create(&database->secret, database->secret_file, uid, gid, ptemp);
    if (APR_STATUS_IS_EEXIST(rv))
        return chat_secret_load(&database->secret, database->secret_file, ptemp);
    if (rv == APR_SUCCESS) {
        chat_log(&database->log, used ? CHAT_LOG_WARNING : CHAT_LOG_NOTICE, 140,
                 APR_SUCCESS,
                 "made the secret of this site in %s; keep a copy, tokens depend on it%s",
                 database->secret_file,
                 used ? ": those that the database has from before no longer count" : "");
    }
    return rv;
}

/* A restart must not end a running site because its database is away for a moment; the
 * start before it has seen to the schema. */
static int may_wait(apr_status_t rv)
{
    return (rv == CHAT_LOST || rv == CHAT_BUSY) && ap_state_query(AP_SQ_CONFIG_GEN) > 1;
}

static int database_prepare(chat_site_database_t *database, const chat_runner_t *runner,
                            apr_pool_t *ptemp)
{
    long uid = runner->switched ? (long)runner->uid : -1;
    long gid = runner->switched ? (long)runner->gid : -1;
    const char *why = "it cannot be used";
    chat_log_t log;
    apr_finfo_t finfo;
    apr_status_t rv;
    int used =
        database->spec.file &&
        apr_stat(&finfo, database->spec.file, APR_FINFO_SIZE, ptemp) == APR_SUCCESS &&
        finfo.size > 0;
    chat_log_startup(&log, database->server);
    rv = chat_store_migrate(&database->spec, uid, gid, &why, ptemp);
    if (rv != APR_SUCCESS) {
        chat_log(&log, CHAT_LOG_ERROR, 141, rv, "the database %s: %s",
                 database->spec.file ? database->spec.file : database->spec.driver, why);
        if (!may_wait(rv))
            return 0;
    }
    rv = secret_prepare(database, runner, used, ptemp);
    if (rv != APR_SUCCESS) {
        chat_log(&log, CHAT_LOG_ERROR, 142, rv, "the secret in %s cannot be used",
                 database->secret_file);
        return 0;
    }
    return 1;
}

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
             "nothing will be deleted when its time is past: that needs mod_watchdog");
}

int chat_start_post_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp,
                           server_rec *s)
{
    chat_generation_t *gen = chat_config_server(s)->generation;
    chat_runner_t runner;
    (void)plog;
    /* httpd reads its configuration twice when it starts and throws the first away */
    if (ap_state_query(AP_SQ_MAIN_STATE) == AP_SQ_MS_CREATE_PRE_CONFIG)
        return DECLINED;
    if (!gen) {
        chat_daemon_end(s);
        return DECLINED;
    }
    if (chat_crypt_init() != APR_SUCCESS)
        return HTTP_INTERNAL_SERVER_ERROR;
    /* not ptemp: the daemon is started again long after this */
    chat_site_runner(&runner, pconf);
    for (int i = 0; i < gen->databases->nelts; i++) {
        if (!database_prepare(APR_ARRAY_IDX(gen->databases, i, chat_site_database_t *),
                              &runner, ptemp))
            return HTTP_INTERNAL_SERVER_ERROR;
    }
    if (!limits_prepare(gen, pconf))
        return HTTP_INTERNAL_SERVER_ERROR;
    gen->metrics = chat_metrics_open();
    janitor_prepare(gen, pconf);
    chat_realtime_post_config(gen, &runner, pconf, ptemp);
    return OK;
}

/* ---- a child ---- */

static apr_status_t hash_enter(void *baton, apr_uint64_t owner)
{
    apr_interval_time_t wait = apr_time_from_sec(CHAT_HASH_WAIT_SECONDS);
    return chat_gate_enter(baton, owner, wait) == APR_SUCCESS ? APR_SUCCESS : CHAT_BUSY;
}

static void hash_leave(void *baton)
{
    chat_gate_leave(baton);
}

static void database_open(chat_site_database_t *database, apr_pool_t *pchild)
{
    chat_source_t *source = apr_pcalloc(pchild, sizeof(*source));
    apr_status_t rv = chat_database_source(source, database, pchild);
    if (rv == APR_SUCCESS)
        rv = chat_store_create(&database->store, &database->spec, source, &database->log,
                               pchild);
    if (rv != APR_SUCCESS) {
        database->store = NULL;
        chat_log(&database->log, CHAT_LOG_ERROR, 145, rv,
                 "this process cannot use the database; its answers will be 503");
    }
}

/* Password hashes take a processor for tens of milliseconds each: one per processor. */
static int hash_places(void)
{
    long n = sysconf(_SC_NPROCESSORS_ONLN);
    return n > 0 ? (int)n : 1;
}

/* Whoever waits for a hash holds a thread that could serve a file. */
static int hash_waiters(void)
{
    int threads = 1;
    ap_mpm_query(AP_MPMQ_MAX_THREADS, &threads);
    return threads / CHAT_HASH_WAITERS_PART;
}

static void host_open(chat_host_t *host, chat_generation_t *gen, apr_pool_t *pchild)
{
    chat_site_t *site = &host->site;
    site->store = host->database->store;
    site->secret = host->database->secret;
    site->cache = chat_cache_create(pchild);
    site->limits = gen->limits ? chat_limits_table(gen->limits) : NULL;
    if (gen->hashes) {
        site->hash_enter = hash_enter;
        site->hash_leave = hash_leave;
        site->hash_baton = gen->hashes;
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
        chat_log(
            &log, CHAT_LOG_ERROR, 146, rv,
            "the shared limits cannot be used by this process; it counts for itself");
    }
    rv = chat_gate_create(&gen->hashes, hash_places(), hash_waiters(), pchild);
    if (rv != APR_SUCCESS)
        gen->hashes = NULL;
    for (int i = 0; i < gen->databases->nelts; i++)
        database_open(APR_ARRAY_IDX(gen->databases, i, chat_site_database_t *), pchild);
    for (int i = 0; i < gen->hosts->nelts; i++)
        host_open(APR_ARRAY_IDX(gen->hosts, i, chat_host_t *), gen, pchild);
    chat_realtime_child_init(gen, pchild);
}
