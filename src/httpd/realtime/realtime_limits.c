/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/realtime/realtime_limits.h"

#include "httpd/log.h"

#include <httpd.h>
#include <ap_mpm.h>
#include <http_config.h>
#include <stdlib.h>
#include <sys/resource.h>

#define FACTOR_DEFAULT 2.0 /* of AsyncRequestWorkerFactor */
#define FILES_RESERVED 128 /* of a child: logs, databases, listening sockets */
#define FEW 200 /* parked connections of all children that are no realtime site */

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

/* ---- what will hurt ---- */

typedef struct sizing_t {
    const chat_generation_t *generation;
    const chat_realtime_t *realtime;
    chat_log_t log;
    int children; /* active at most */
} sizing_t;

static int uses_park(const sizing_t *s)
{
    for (int i = 0; s->realtime->can_park && i < s->generation->hosts->nelts; i++) {
        chat_way_t way = APR_ARRAY_IDX(s->generation->hosts, i, const chat_host_t *)->way;
        if (way == CHAT_WAY_AUTO || way == CHAT_WAY_PARK)
            return 1;
    }
    return 0;
}

/* The MPM closes a parked connection, and mod_proxy a tunnel, on which nothing happens
 * for so long. A connection whose poll was answered at the last moment may be used again
 * for KeepAliveTimeout: the client was told so. */
static void warn_timeout(const sizing_t *s)
{
    for (int i = 0; i < s->generation->hosts->nelts; i++) {
        const chat_host_t *host =
            APR_ARRAY_IDX(s->generation->hosts, i, const chat_host_t *);
        apr_int64_t heartbeat = host->ping_interval + host->ping_timeout;
        apr_int64_t kept = apr_time_as_msec(host->server->keep_alive_timeout);
        if (host->way == CHAT_WAY_OFF || host->way == CHAT_WAY_HANDOVER ||
            apr_time_as_msec(host->server->timeout) > heartbeat + kept)
            continue;
        chat_log(&host->site.log, CHAT_LOG_WARNING, 631, APR_SUCCESS,
                 "Timeout %d is not above the heartbeat of ChatRealtimePing (%d ms) and "
                 "KeepAliveTimeout (%d ms): realtime connections will break off; raise "
                 "Timeout",
                 (int)apr_time_sec(host->server->timeout), (int)heartbeat, (int)kept);
    }
}

static void warn_factor(const sizing_t *s)
{
    int all = s->realtime->parked_max * s->children;
    if (all >= FEW)
        return;
    chat_log(
        &s->log, CHAT_LOG_WARNING, 632, APR_SUCCESS,
        "only %d realtime clients can be parked (%d children with %d each); raise "
        "AsyncRequestWorkerFactor and the limit of open files, see conf/realtime.conf",
        all, s->children, s->realtime->parked_max);
}

static void warn_spare(const sizing_t *s)
{
    int spare = query(AP_MPMQ_MAX_SPARE_THREADS, 0);
    int all = s->realtime->threads * s->children;
    if (spare >= all)
        return;
    chat_log(
        &s->log, CHAT_LOG_WARNING, 633, APR_SUCCESS,
        "MaxSpareThreads %d is below MaxRequestWorkers %d: children with idle threads "
        "and many parked connections will be ended; set it to %d",
        spare, all, all);
}

static void warn_limit(const sizing_t *s)
{
    int limit = query(AP_MPMQ_HARD_LIMIT_DAEMONS, s->children);
    if (limit > s->children)
        return;
    chat_log(&s->log, CHAT_LOG_WARNING, 634, APR_SUCCESS,
             "ServerLimit %d leaves no room beside the %d active children: after a "
             "graceful restart no new child can start until the parked connections of an "
             "old one are gone; set it to %d",
             limit, s->children, 2 * s->children);
}

static const char *way_text(const sizing_t *s, chat_way_t way)
{
    switch (way) {
    case CHAT_WAY_PROXY:
        return "proxy, as configured: a thread for each client";
    case CHAT_WAY_HANDOVER:
        return "handover, as configured: plaintext clients' sockets go to the daemon; a "
               "thread for each client with TLS";
    case CHAT_WAY_PARK:
        return "park, as configured: no thread for a client";
    case CHAT_WAY_OFF:
        return "off";
    default:
        return s->realtime->can_park
                   ? "auto: plaintext WebSockets are handed over, TLS and polls parked, "
                     "no thread for a client"
                   : "auto: plaintext clients are handed over; a thread for each client "
                     "with TLS, because this MPM cannot park (event of 2.4.63 can)";
    }
}

static void say_ways(const sizing_t *s)
{
    for (int i = 0; i < s->generation->hosts->nelts; i++) {
        const chat_host_t *host =
            APR_ARRAY_IDX(s->generation->hosts, i, const chat_host_t *);
        if (host->way == CHAT_WAY_OFF)
            continue;
        chat_log(
            &host->site.log, CHAT_LOG_NOTICE, 630, APR_SUCCESS,
            "realtime at %s: %s; at most %d parked in a child, %d threads held in all",
            host->realtime_path, way_text(s, host->way), s->realtime->parked_max,
            s->realtime->places);
    }
}

void chat_realtime_limits(chat_generation_t *gen, apr_pool_t *ptemp)
{
    chat_realtime_t *realtime = gen->realtime;
    sizing_t s = {.generation = gen, .realtime = realtime};
    int all;
    (void)ptemp;
    chat_log_server(&s.log, gen->main);
    s.children = query(AP_MPMQ_MAX_DAEMONS, 1);
    realtime->threads = query(AP_MPMQ_MAX_THREADS, 1);
    all = realtime->threads * s.children;
    realtime->places = all / 2 > CHAT_PLACES_MAX ? CHAT_PLACES_MAX
                       : all > 1                 ? all / 2
                                                 : 1;
    realtime->parked_max = realtime->can_park ? parked_max(realtime->threads) : 0;
    say_ways(&s);
    warn_timeout(&s);
    if (uses_park(&s)) {
        warn_factor(&s);
        warn_spare(&s);
        warn_limit(&s);
    }
}
