/* SPDX-License-Identifier: Apache-2.0 */
/* How much of httpd realtime clients may have. */
#include "httpd/realtime/realtime_limits.h"

#include "httpd/log.h"

#include <httpd.h>
#include <ap_mpm.h>
#include <http_config.h>
#include <stdlib.h>
#include <sys/resource.h>

#define FACTOR_DEFAULT 2.0 /* of AsyncRequestWorkerFactor */
#define FILES_RESERVED 128 /* of a child: logs, databases, listening sockets */

static int query(int what, int otherwise)
{
    int value;
    return ap_mpm_query(what, &value) == APR_SUCCESS && value > 0 ? value : otherwise;
}

/* The last one wins, as in httpd. Sections that were taken in (IfModule) are part of the
 * tree. */
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

/* event takes connections while there are fewer than threads + idle threads * factor.
 * With half of that for parked ones, half of the threads may be busy before a child with
 * as many as it may have takes no more. */
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

/* ---- what is logged ---- */

typedef struct report_t {
    const chat_generation_t *generation;
    const chat_realtime_t *realtime;
    chat_log_t log;
    int children; /* active at most */
} report_t;

static const chat_host_t *host_at(const report_t *report, int i)
{
    return APR_ARRAY_IDX(report->generation->hosts, i, const chat_host_t *);
}

static int uses_park(const report_t *report)
{
    for (int i = 0; report->realtime->can_park && i < report->generation->hosts->nelts;
         i++) {
        chat_way_t way = host_at(report, i)->way;
        if (way == CHAT_WAY_AUTO || way == CHAT_WAY_PARK)
            return 1;
    }
    return 0;
}

/* The MPM closes a parked connection, and mod_proxy a tunnel, on which nothing happens
 * for so long. A connection whose poll was answered at the last moment may be used again
 * for KeepAliveTimeout, as its answer says. */
static void warn_timeout(const report_t *report)
{
    for (int i = 0; i < report->generation->hosts->nelts; i++) {
        const chat_host_t *host = host_at(report, i);
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

/* These matter to large sites only: httpd's defaults are nothing to warn of. A bound that
 * is reached is logged then (CHAT0641). */
static void report_parking(const report_t *report)
{
    int all = report->realtime->threads * report->children;
    int spare = query(AP_MPMQ_MAX_SPARE_THREADS, 0);
    int limit = query(AP_MPMQ_HARD_LIMIT_DAEMONS, report->children);
    if (spare < all)
        chat_log(
            &report->log, CHAT_LOG_INFO, 633, APR_SUCCESS,
            "MaxSpareThreads %d is below MaxRequestWorkers %d: httpd will end children "
            "with idle threads, and their parked clients reconnect; %d keeps them",
            spare, all, all);
    if (limit <= report->children)
        chat_log(&report->log, CHAT_LOG_INFO, 634, APR_SUCCESS,
                 "ServerLimit %d leaves no room beside the %d active children: after a "
                 "graceful restart new children wait some seconds for the old ones; %d "
                 "gives them room",
                 limit, report->children, 2 * report->children);
}

static const char *way_text(const report_t *report, chat_way_t way)
{
    switch (way) {
    case CHAT_WAY_PROXY:
        return "proxy, as configured: a thread for each client";
    case CHAT_WAY_HANDOVER:
        return "handover, as configured: plaintext clients' sockets go to chatd; a "
               "thread "
               "for each client with TLS";
    case CHAT_WAY_PARK:
        return "park, as configured: no thread for a client";
    case CHAT_WAY_OFF:
        return "off";
    default:
        return report->realtime->can_park
                   ? "auto: plaintext WebSockets are handed over, TLS and polls parked, "
                     "no thread for a client"
                   : "auto: plaintext clients are handed over; a thread for each client "
                     "with TLS, because this MPM cannot park (event of httpd 2.4.63 can)";
    }
}

/* How many hosts are as host N, or 0 when an earlier one is. */
static int alike(const report_t *report, int n)
{
    const chat_host_t *host = host_at(report, n);
    int count = 0;
    for (int i = 0; i < report->generation->hosts->nelts; i++) {
        const chat_host_t *other = host_at(report, i);
        if (other->way != host->way || strcmp(other->realtime_path, host->realtime_path))
            continue;
        if (i < n)
            return 0;
        count++;
    }
    return count;
}

static void report_ways(const report_t *report)
{
    const chat_realtime_t *realtime = report->realtime;
    int count;
    for (int i = 0; i < report->generation->hosts->nelts; i++) {
        const chat_host_t *host = host_at(report, i);
        if (host->way == CHAT_WAY_OFF || !(count = alike(report, i)))
            continue;
        chat_log(
            &host->site.log, CHAT_LOG_NOTICE, 630, APR_SUCCESS,
            "realtime at %s (%d host%s): %s; at most %d parked in a child, %d threads "
            "held in all, of these %d and %d by one address",
            host->realtime_path, count, count == 1 ? "" : "s",
            way_text(report, host->way), realtime->parked_max, realtime->places,
            realtime->parked_share, realtime->place_share);
    }
}

void chat_realtime_limits(chat_generation_t *gen)
{
    chat_realtime_t *realtime = gen->realtime;
    report_t report = {.generation = gen, .realtime = realtime};
    int all;
    chat_log_server(&report.log, gen->main);
    report.children = query(AP_MPMQ_MAX_DAEMONS, 1);
    realtime->threads = query(AP_MPMQ_MAX_THREADS, 1);
    all = realtime->threads * report.children;
    realtime->places = all / 2 > CHAT_PLACES_MAX ? CHAT_PLACES_MAX
                       : all > 1                 ? all / 2
                                                 : 1;
    realtime->place_share = share(realtime->places, 4);
    realtime->parked_max = realtime->can_park ? parked_max(realtime->threads) : 0;
    realtime->parked_share = share(realtime->parked_max, 32);
    report_ways(&report);
    warn_timeout(&report);
    if (uses_park(&report))
        report_parking(&report);
}
