/* SPDX-License-Identifier: Apache-2.0
 * config.h - values of the directives, per server and per directory.
 *
 * The members are those of table.h. Values from .htaccess live apart from those of the
 * server's owner: they are caps, and the tighter of the two applies, in whatever order
 * httpd merges.
 */
#ifndef CHAT_HTTPD_CONFIG_CONFIG_H
#define CHAT_HTTPD_CONFIG_CONFIG_H

#include "api/api.h"
#include "core/call.h"
#include "httpd/config/table.h"

#include <httpd.h>
#include <apr_tables.h>
#include <http_config.h>

/* The only symbol that the DSO exports; the library is built with hidden visibility. */
extern module AP_MODULE_DECLARE_DATA chat_module __attribute__((visibility("default")));

#define CHAT_UNSET (-1)

/* How realtime clients reach the daemon. */
typedef enum chat_way_t {
    CHAT_WAY_AUTO,
    CHAT_WAY_PLAIN, /* as auto, but no keys of TLS leave httpd */
    CHAT_WAY_PROXY,
    CHAT_WAY_HANDOVER,
    CHAT_WAY_PARK,
    CHAT_WAY_OFF
} chat_way_t;

/* Who starts the daemon. */
typedef enum chat_daemon_mode_t {
    CHAT_DAEMON_AUTO,     /* httpd */
    CHAT_DAEMON_EXTERNAL, /* a service manager */
    CHAT_DAEMON_OFF
} chat_daemon_mode_t;

/* Where one dialect is mounted. */
typedef struct chat_prefix_t {
    const chat_dialect_t *dialect;
    const char *prefix; /* begins with '/', or "" for the root; NULL: `off` */
} chat_prefix_t;

/* All rate limits; count CHAT_UNSET where none is set. */
typedef struct chat_rules_t {
    chat_rule_t of[CHAT_DIALECTS][CHAT_LIMIT_KINDS];
} chat_rules_t;

/* Types of the kinds in table.h. */
#define CHAT_TYPE_flag int
#define CHAT_TYPE_number apr_int64_t
#define CHAT_TYPE_longest apr_int64_t
#define CHAT_TYPE_text const char *
#define CHAT_TYPE_list apr_array_header_t *   /* const char * */
#define CHAT_TYPE_mounts apr_array_header_t * /* chat_prefix_t */
#define CHAT_TYPE_rules chat_rules_t

#define CHAT_MEMBER(kind, member) CHAT_TYPE_##kind member;
#define CHAT_ROW_MEMBER(name, setter, how, where, kind, member, ...) \
    CHAT_MEMBER(kind, member)

typedef struct chat_levels_t {
    CHAT_PLACE_DIRECTIVES(CHAT_ROW_MEMBER)
} chat_levels_t;

typedef struct chat_generation_t chat_generation_t;
typedef struct chat_host_t chat_host_t;

typedef struct chat_server_conf_t {
    CHAT_SERVER_DIRECTIVES(CHAT_ROW_MEMBER)
    CHAT_SERVER_MORE(CHAT_MEMBER)
    chat_generation_t
        *generation;   /* set by check_config when any host of this httpd serves chat */
    chat_host_t *host; /* set by check_config when this one does */
} chat_server_conf_t;

typedef struct chat_dir_conf_t {
    chat_levels_t own; /* from the server's configuration */
    chat_levels_t cap; /* from .htaccess */
    const char *dir;   /* of the section whose ChatAPI applies; ends with '/' */
    apr_array_header_t *dialects; /* const chat_dialect_t *: ChatAPI without a prefix */
} chat_dir_conf_t;

void *chat_config_server_create(apr_pool_t *pool, server_rec *s);
void *chat_config_server_merge(apr_pool_t *pool, void *base, void *add);
void *chat_config_dir_create(apr_pool_t *pool, char *dir);
void *chat_config_dir_merge(apr_pool_t *pool, void *base, void *add);

/* The longer of two spans of time in seconds: 0 is without end, CHAT_UNSET none. */
apr_int64_t chat_span_longer(apr_int64_t a, apr_int64_t b);

static inline chat_server_conf_t *chat_config_server(const server_rec *s)
{
    return ap_get_module_config(s->module_config, &chat_module);
}

/* What applies to a place: the owner's values, then the caps. */
void chat_config_settings(chat_settings_t *out, const chat_dir_conf_t *conf);

#endif
