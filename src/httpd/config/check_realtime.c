/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/config/check_realtime.h"

#include "httpd/realtime/realtime.h"

#include <httpd.h>
#include <ap_mpm.h>
#include <apr_strings.h>
#include <dlfcn.h>
#include <http_config.h>
#include <unistd.h>

/* In the runtime directory, or in the one of `ChatDaemon external`. */
#define FILE_INTAKE "chatd-intake.sock"
#define FILE_HTTP "chatd-http.sock"
#define FILE_CONF "chatd.conf"

#define PING_INTERVAL 25000
#define PING_TIMEOUT 20000

static int can_park(void)
{
    int yes = 0;
#ifdef AP_MPMQ_CAN_WAITIO
    if (ap_mpm_query(AP_MPMQ_CAN_WAITIO, &yes) != APR_SUCCESS)
        yes = 0;
#endif
    return yes;
}

static int can_proxy(void)
{
    return ap_find_linked_module("mod_proxy.c") &&
           ap_find_linked_module("mod_proxy_http.c");
}

/* An API at or below the path of the events would never be asked. */
static const char *swallowed(const chat_host_t *host, apr_pool_t *pool)
{
    int i;
    for (i = 0; i < host->mounts->nelts; i++) {
        const chat_mount_t *mount = &APR_ARRAY_IDX(host->mounts, i, chat_mount_t);
        const char *path = apr_pstrcat(pool, mount->prefix, "/", NULL);
        if (!strncmp(path, host->realtime_path, strlen(host->realtime_path)))
            return apr_psprintf(pool,
                                "ChatRealtime %s and ChatAPI %s %s collide; give one of "
                                "them another path",
                                host->realtime_path, mount->dialects[0]->name,
                                *mount->prefix ? mount->prefix : "/");
    }
    return NULL;
}

const char *chat_check_realtime(chat_host_t *host, const chat_server_conf_t *conf,
                                apr_pool_t *pool)
{
    host->way = conf->realtime == CHAT_UNSET ? CHAT_WAY_AUTO : (chat_way_t)conf->realtime;
    host->realtime_path = conf->realtime_path ? conf->realtime_path : "/socket.io/";
    host->ping_interval =
        conf->ping_interval == CHAT_UNSET ? PING_INTERVAL : (int)conf->ping_interval;
    host->ping_timeout =
        conf->ping_timeout == CHAT_UNSET ? PING_TIMEOUT : (int)conf->ping_timeout;
    if (conf->daemon == CHAT_DAEMON_OFF)
        host->way = CHAT_WAY_OFF;
    if (host->way == CHAT_WAY_PARK && !can_park()) {
        return "ChatRealtime park: needs the event MPM of httpd 2.4.63 or newer; `auto` "
               "takes what there is";
    }
    if (host->way == CHAT_WAY_PROXY && !can_proxy())
        return "ChatRealtime proxy: needs mod_proxy and mod_proxy_http";
    return host->way == CHAT_WAY_OFF ? NULL : swallowed(host, pool);
}

/* ---- the daemon ---- */

static const char *program_of(const char *named, apr_pool_t *pool)
{
    const char *slash, *beside;
    Dl_info info;
    if (*named)
        return named;
    if (dladdr(&chat_module, &info) && (slash = strrchr(info.dli_fname, '/')) != NULL) {
        beside = apr_pstrcat(
            pool,
            apr_pstrmemdup(pool, info.dli_fname, (apr_size_t)(slash - info.dli_fname)),
            "/chatd", NULL);
        if (access(beside, X_OK) == 0)
            return beside;
    }
    return CHAT_SBINDIR "/chatd";
}

static const char *place(chat_daemon_mode_t mode, const char *path, const char *file,
                         apr_pool_t *pool)
{
    if (mode == CHAT_DAEMON_EXTERNAL)
        return apr_pstrcat(pool, path, "/", file, NULL);
    return ap_runtime_dir_relative(pool, file);
}

static chat_daemon_mode_t mode_of(const chat_server_conf_t *conf)
{
    return conf->daemon == CHAT_UNSET ? CHAT_DAEMON_AUTO
                                      : (chat_daemon_mode_t)conf->daemon;
}

static const char *path_of(const chat_server_conf_t *conf)
{
    return conf->daemon_path ? conf->daemon_path : "";
}

/* All hosts have one daemon; those with `off` have none. */
static const chat_server_conf_t *chosen(const chat_generation_t *world, const char **why)
{
    const chat_server_conf_t *first = NULL;
    int i;
    for (i = 0; i < world->hosts->nelts; i++) {
        const chat_host_t *host = APR_ARRAY_IDX(world->hosts, i, const chat_host_t *);
        const chat_server_conf_t *conf = chat_config_server(host->server);
        if (mode_of(conf) == CHAT_DAEMON_OFF)
            continue;
        if (first && (mode_of(first) != mode_of(conf) ||
                      strcmp(path_of(first), path_of(conf)) != 0))
            *why =
                "ChatDaemon: hosts that serve chat must have the same daemon, or `off`";
        if (!first)
            first = conf;
    }
    return first;
}

const char *chat_check_daemon(chat_generation_t *world, apr_pool_t *pool)
{
    const char *why = NULL, *path;
    const chat_server_conf_t *conf = chosen(world, &why);
    chat_realtime_t *realtime;
    if (!conf || why)
        return why;
    path = path_of(conf);
    realtime = apr_pcalloc(pool, sizeof(*realtime));
    realtime->mode = mode_of(conf);
    realtime->can_park = can_park();
    realtime->intake = place(realtime->mode, path, FILE_INTAKE, pool);
    realtime->http = place(realtime->mode, path, FILE_HTTP, pool);
    realtime->conf = place(realtime->mode, path, FILE_CONF, pool);
    realtime->program = realtime->mode == CHAT_DAEMON_AUTO ? program_of(path, pool) : "";
    if (realtime->mode == CHAT_DAEMON_AUTO && *path && access(path, X_OK) != 0) {
        return apr_psprintf(pool, "ChatDaemon auto %s: there is no such program", path);
    }
    if (!realtime->intake || !realtime->http || !realtime->conf)
        return "ChatDaemon: the sockets have no place; see DefaultRuntimeDir";
    world->realtime = realtime;
    return NULL;
}
