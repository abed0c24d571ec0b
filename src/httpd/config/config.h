/* SPDX-License-Identifier: Apache-2.0
 * config.h - what directives say, per server and per directory.
 *
 * Every member stands once, in one of the two lists below; struct, creation and merge are
 * made from the list. Values from .htaccess live apart from those of the server's owner:
 * they are caps, and what applies is the tighter of the two, whatever order httpd merges
 * in.
 */
#ifndef CHAT_HTTPD_CONFIG_CONFIG_H
#define CHAT_HTTPD_CONFIG_CONFIG_H

#include "api/api.h"
#include "core/call.h"

#include <httpd.h>
#include <apr_tables.h>
#include <http_config.h>

/* The only symbol that the DSO exports; the library is built with hidden visibility. */
extern module AP_MODULE_DECLARE_DATA chat_module __attribute__((visibility("default")));

#define CHAT_UNSET (-1)

/* How realtime clients reach the daemon. */
typedef enum chat_way_t {
    CHAT_WAY_AUTO,
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

/* Per server. X(type, member, kind); the kinds are functions in config.c. */
#define CHAT_SERVER_MEMBERS(X)                                                           \
    X(int, engine, flag)                      /* ChatEngine */                           \
    X(int, room_creation, flag)               /* ChatRoomCreation */                     \
    X(apr_int64_t, retention, number)         /* ChatRetention: seconds; 0: for ever */  \
    X(const char *, secret_file, text)        /* ChatSecretFile: absolute path */        \
    X(apr_array_header_t *, origins, list)    /* ChatAllowOrigin: const char * */        \
    X(apr_array_header_t *, prefixes, mounts) /* ChatAPI: chat_prefix_t */               \
    X(int, reveal_passwords, flag)            /* ChatRevealPasswords */                  \
    X(int, approved_lists, flag)              /* ChatApprovedLists */                    \
    X(int, password_ends_sessions, flag)      /* ChatPasswordEndsSessions */             \
    X(int, admin, flag)                       /* ChatAdmin */                            \
    X(apr_array_header_t *, mail_command,                                                \
      list)                               /* ChatMailCommand: const char *; none: off */ \
    X(const char *, mail_templates, text) /* ChatMailTemplates: absolute path */         \
    X(apr_int64_t, longest_session, longest) /* ChatSessionLifetime in a section */      \
    X(const char *, driver, text)            /* DBDriver */                              \
    X(const char *, params, text)            /* DBDParams */                             \
    X(apr_int64_t, dbd_min, number)          /* DBDMin */                                \
    X(apr_int64_t, dbd_keep, number)         /* DBDKeep */                               \
    X(apr_int64_t, dbd_max, number)          /* DBDMax */                                \
    X(int, realtime, flag)                   /* ChatRealtime: chat_way_t */              \
    X(const char *, realtime_path, text)     /* ... ends with '/' */                     \
    X(apr_int64_t, ping_interval, number)    /* ChatRealtimePing: milliseconds */        \
    X(apr_int64_t, ping_timeout, number)     /* ... */                                   \
    X(int, daemon, flag)                     /* ChatDaemon: chat_daemon_mode_t */        \
    X(const char *, daemon_path, text)       /* ... program or directory, or "" */       \
    X(const char *, discord_webhook, text)   /* URL, file:PATH, channel:ID or off */     \
    X(const char *, discord_token, text)     /* ChatDiscordBotTokenFile: PATH or "" */   \
    X(const char *, discord_api, text)       /* ChatDiscordAPI */                        \
    X(const char *, discord_key, text)       /* ChatDiscordInteractions: hex or "" */

/* Per directory. X(type, member, kind, tighter): `tighter` combines two values that are
 * both set into one that keeps to both. */
#define CHAT_LEVEL_MEMBERS(X)                                                           \
    X(apr_int64_t, room, number, smaller)          /* ChatRoom; never from .htaccess */ \
    X(apr_int64_t, max_message, number, smaller)   /* ChatMaxMessage */                 \
    X(apr_int64_t, registration, number, greater)  /* ChatRegistration */               \
    X(apr_int64_t, session_lifetime, number, ends) /* ChatSessionLifetime; 0: no end */ \
    X(chat_rules_t, limits, rules, rules_tighter)  /* ChatRateLimit */

/* All rate limits; count CHAT_UNSET where nothing was said. */
typedef struct chat_rules_t {
    chat_rule_t of[CHAT_DIALECTS][CHAT_LIMIT_KINDS];
} chat_rules_t;

#define CHAT_MEMBER(type, member, ...) type member;

typedef struct chat_levels_t {
    CHAT_LEVEL_MEMBERS(CHAT_MEMBER)
} chat_levels_t;

typedef struct chat_generation_t chat_generation_t;
typedef struct chat_host_t chat_host_t;

typedef struct chat_server_conf_t {
    CHAT_SERVER_MEMBERS(CHAT_MEMBER)
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

/* What applies to a place: defaults, then the owner's values, then the caps. */
void chat_config_settings(chat_settings_t *out, const chat_dir_conf_t *conf);

#endif
