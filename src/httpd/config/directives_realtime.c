/* SPDX-License-Identifier: Apache-2.0 */
/* Handlers of the directives about realtime. */
#include "httpd/config/directives_realtime.h"

#include "httpd/config/config.h"
#include "httpd/config/directives.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <string.h>

#define PATH_MAX_LEN 200

static int path_valid(const char *path)
{
    const char *p;
    if (*path != '/' || !path[1] || strlen(path) > PATH_MAX_LEN || strstr(path, "//") ||
        strstr(path, "/../") || strstr(path, "/./"))
        return 0;
    for (p = path; *p; p++) {
        if ((unsigned char)*p <= ' ' || strchr("%?#\\\"<>*|\177", *p))
            return 0;
    }
    return 1;
}

const char *chat_set_realtime(cmd_parms *cmd, void *dir, const char *way,
                              const char *path)
{
    chat_server_conf_t *conf = chat_config_server(cmd->server);
    int n = chat_row_word(cmd->info, way);
    (void)dir;
    if (n < 0) {
        return apr_psprintf(cmd->pool,
                            "ChatRealtime %s: must be auto, plain, proxy, handover, park "
                            "or off, and may be followed by a URL path",
                            way);
    }
    conf->realtime = n;
    if (!path)
        return NULL;
    if (!path_valid(path)) {
        return apr_psprintf(cmd->pool,
                            "ChatRealtime %s %s: the path must be a URL path as in "
                            "/socket.io/, in plain characters, without //, /../ or "
                            "%%-escapes, and not the root",
                            way, path);
    }
    conf->realtime_path =
        path[strlen(path) - 1] == '/' ? path : apr_pstrcat(cmd->pool, path, "/", NULL);
    conf->realtime_whole = cmd->directive != NULL;
    return NULL;
}

static int span_ms(apr_int64_t *out, const chat_row_t *row, const char *value)
{
    apr_interval_time_t span;
    if (!apr_isdigit(*value) ||
        ap_timeout_parameter_parse(value, &span, "s") != APR_SUCCESS)
        return 0;
    *out = apr_time_as_msec(span);
    return *out >= row->min && *out <= row->max;
}

const char *chat_set_ping(cmd_parms *cmd, void *dir, const char *interval,
                          const char *timeout)
{
    chat_server_conf_t *conf = chat_config_server(cmd->server);
    (void)dir;
    if (!span_ms(&conf->ping_interval, cmd->info, interval) ||
        !span_ms(&conf->ping_timeout, cmd->info, timeout)) {
        return apr_psprintf(cmd->pool,
                            "ChatRealtimePing %s %s: must be two times from 100ms to 1h, "
                            "each a number of seconds or with a unit, as in 25s 20s",
                            interval, timeout);
    }
    return NULL;
}

const char *chat_set_daemon(cmd_parms *cmd, void *dir, const char *mode, const char *path)
{
    chat_server_conf_t *conf = chat_config_server(cmd->server);
    int n = chat_row_word(cmd->info, mode);
    (void)dir;
    if (n < 0 || (path && n == CHAT_DAEMON_OFF)) {
        return apr_psprintf(cmd->pool,
                            "ChatDaemon %s%s%s: must be `auto`, `auto PROGRAM`, "
                            "`external DIRECTORY` or `off`",
                            mode, path ? " " : "", path ? path : "");
    }
    if (n == CHAT_DAEMON_EXTERNAL && !path) {
        return "ChatDaemon external: the directory with the daemon's sockets must "
               "follow, as in `ChatDaemon external /run/mod_chat`";
    }
    conf->daemon = n;
    conf->daemon_path = "";
    if (path) {
        conf->daemon_path = ap_server_root_relative(cmd->pool, path);
        if (!conf->daemon_path || !*path)
            return apr_psprintf(cmd->pool, "ChatDaemon %s %s: must be a path", mode,
                                path);
    }
    return NULL;
}
