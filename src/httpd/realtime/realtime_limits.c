/* SPDX-License-Identifier: Apache-2.0 */
/* How much of httpd realtime clients may have. */
#include "httpd/realtime/realtime_limits.h"

#include "httpd/log.h"
#include "httpd/realtime/ssl_keys.h"

#include <httpd.h>
#include <ap_mpm.h>
#include <apr_strings.h>
#include <http_config.h>
#include <stdlib.h>
#include <sys/resource.h>

#define FACTOR_DEFAULT 2.0 /* of AsyncRequestWorkerFactor */
#define FILES_RESERVED 128 /* of a child: logs, databases, listening sockets */

static int query(int what)
{
    int value;
    return ap_mpm_query(what, &value) == APR_SUCCESS && value > 0 ? value : 1;
}

/* The last one wins, as in httpd. Sections that apply (IfModule) are part of the tree. */
static const char *directive(const ap_directive_t *node, const char *name)
{
    const char *found = NULL, *inner;
    for (; node; node = node->next) {
        if (!strcasecmp(node->directive, name))
            found = node->args;
        inner = node->first_child ? directive(node->first_child, name) : NULL;
        if (inner)
            found = inner;
    }
    return found;
}

static double factor(void)
{
    const char *value = directive(ap_conftree, "AsyncRequestWorkerFactor");
    double n = value ? strtod(value, NULL) : 0;
    return n > 0 ? n : FACTOR_DEFAULT;
}

/* Two descriptors each: the client's and the socketpair's. */
static int by_files(int threads)
{
    struct rlimit files;
    rlim_t rest;
    if (getrlimit(RLIMIT_NOFILE, &files) != 0)
        return 0;
    rest = files.rlim_cur > 4000000 ? 4000000 : files.rlim_cur;
    rest = rest > FILES_RESERVED + 2 * (rlim_t)threads
               ? rest - FILES_RESERVED - 2 * (rlim_t)threads
               : 0;
    return (int)(rest / 2);
}

/* event accepts connections while there are fewer than threads + idle threads * factor.
 * With half of that for parked ones, half of the threads may be busy before a child with
 * the most parked ones stops accepting. */
static int parked_max(int threads)
{
    double most = threads * factor() / 2;
    int files = by_files(threads);
    return most > files ? files : (int)most;
}

/* An eighth of ALL, LEAST at least. */
static int share(int all, int least)
{
    return all / 8 > least ? all / 8 : least;
}

/* ---- log lines ---- */

static const chat_host_t *host_at(const chat_generation_t *gen, int i)
{
    return APR_ARRAY_IDX(gen->hosts, i, const chat_host_t *);
}

/* The MPM closes a parked connection, and mod_proxy a tunnel, on which nothing happens
 * for so long. A connection whose poll was answered at the last moment may be used again
 * for KeepAliveTimeout, as its answer says. */
static void warn_timeout(const chat_generation_t *gen)
{
    for (int i = 0; i < gen->hosts->nelts; i++) {
        const chat_host_t *host = host_at(gen, i);
        apr_int64_t heartbeat = host->ping_interval + host->ping_timeout;
        apr_int64_t kept = apr_time_as_msec(host->server->keep_alive_timeout);
        if (host->way == CHAT_WAY_OFF || host->way == CHAT_WAY_HANDOVER ||
            apr_time_as_msec(host->server->timeout) > heartbeat + kept)
            continue;
        chat_log(&host->site.log, CHAT_LOG_WARNING, 631, APR_SUCCESS,
                 "Timeout %d is not above the heartbeat of ChatRealtimePing (%d ms) and "
                 "KeepAliveTimeout (%d ms): realtime connections will be cut; raise "
                 "Timeout",
                 (int)apr_time_sec(host->server->timeout), (int)heartbeat, (int)kept);
    }
}

static const char *kept(const chat_realtime_t *realtime, const chat_host_t *host)
{
    return realtime->can_park && host->way != CHAT_WAY_HANDOVER ? "parked"
                                                                : "a thread for each";
}

/* What becomes of WebSockets with TLS, and why they are not handed over. */
static const char *tls_text(const chat_generation_t *gen, const chat_host_t *host,
                            apr_pool_t *pool)
{
    const chat_ssl_t *ssl = gen->ssl;
    const char *why = NULL;
    if (host->way == CHAT_WAY_PLAIN)
        why = "as configured";
    else if (ssl && ssl->why)
        why = ssl->why;
    else if (!host->tls)
        why = ssl ? "mod_ssl does not serve this host" : "mod_ssl serves no such host";
    if (why)
        return apr_psprintf(pool, "%s (%s)", kept(gen->realtime, host), why);
    return ssl->without_1_2   ? "handed over (1.3 only: keys of 1.2 are not as expected)"
           : ssl->without_1_3 ? "handed over (1.2 only: keys of 1.3 are not as expected)"
                              : "handed over";
}

static const char *way_text(const chat_generation_t *gen, const chat_host_t *host,
                            apr_pool_t *pool)
{
    const char *name = host->way == CHAT_WAY_AUTO    ? "auto"
                       : host->way == CHAT_WAY_PLAIN ? "plain"
                                                     : "handover";
    switch (host->way) {
    case CHAT_WAY_PROXY:
        return "proxy, as configured: a thread for each client";
    case CHAT_WAY_PARK:
        return "park, as configured: no thread for a client";
    default:
        return apr_psprintf(
            pool,
            "%s: WebSockets are handed over; those with TLS: %s; "
            "polls%s: %s%s",
            name, tls_text(gen, host, pool),
            gen->realtime->can_park && host->way != CHAT_WAY_HANDOVER ? "" : " with TLS",
            kept(gen->realtime, host),
            gen->realtime->can_park ? ""
                                    : ", because this MPM cannot park (event of httpd "
                                      "2.4.63 can)");
    }
}

/* How many hosts are as host N, or 0 when an earlier one is. */
static int alike(const chat_generation_t *gen, int n)
{
    const chat_host_t *host = host_at(gen, n);
    int count = 0;
    for (int i = 0; i < gen->hosts->nelts; i++) {
        const chat_host_t *other = host_at(gen, i);
        if (other->way != host->way || other->tls != host->tls ||
            strcmp(other->realtime_path, host->realtime_path))
            continue;
        if (i < n)
            return 0;
        count++;
    }
    return count;
}

static void report_ways(const chat_generation_t *gen, apr_pool_t *pool)
{
    const chat_realtime_t *realtime = gen->realtime;
    int count;
    for (int i = 0; i < gen->hosts->nelts; i++) {
        const chat_host_t *host = host_at(gen, i);
        if (host->way == CHAT_WAY_OFF || !(count = alike(gen, i)))
            continue;
        chat_log(
            &host->site.log, CHAT_LOG_NOTICE, 630, APR_SUCCESS,
            "realtime at %s (%d host%s): %s; at most %d parked in a child, %d threads "
            "held in all, of these %d and %d by one address",
            host->realtime_path, count, count == 1 ? "" : "s", way_text(gen, host, pool),
            realtime->parked_max, realtime->places, realtime->parked_share,
            realtime->place_share);
    }
}

void chat_realtime_limits(chat_generation_t *gen, apr_pool_t *pool)
{
    chat_realtime_t *realtime = gen->realtime;
    int all;
    realtime->threads = query(AP_MPMQ_MAX_THREADS);
    all = realtime->threads * query(AP_MPMQ_MAX_DAEMONS);
    realtime->places = all / 2 > CHAT_PLACES_MAX ? CHAT_PLACES_MAX
                       : all > 1                 ? all / 2
                                                 : 1;
    realtime->place_share = share(realtime->places, 4);
    realtime->parked_max = realtime->can_park ? parked_max(realtime->threads) : 0;
    realtime->parked_share = share(realtime->parked_max, 32);
    report_ways(gen, pool);
    warn_timeout(gen);
}
