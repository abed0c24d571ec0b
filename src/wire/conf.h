/* SPDX-License-Identifier: Apache-2.0
 * conf.h - chatd.conf: httpd writes it, chatd reads it.
 *
 * A word and its value per line, to the end of the line; '#' begins a comment. `log
 * LEVEL` (as in httpd's LogLevel) is first; `site NAME` begins a site, and the sites are
 * numbered from 0 in the order of the file. The words of a site are the table in conf.c.
 */
#ifndef CHAT_WIRE_CONF_H
#define CHAT_WIRE_CONF_H

#include "base/log.h"

#include <apr_pools.h>
#include <apr_tables.h>

/* Bytes of the longest file. */
#define CHAT_WIRE_CONF_MAX (1024 * 1024)
/* `path` of a site without realtime, whose outbox is served all the same. */
#define CHAT_WIRE_NO_PATH "off"
/* Behind the name of the database's file, or else of the configuration: the sessions that
 * may be resumed. */
#define CHAT_WIRE_SESSIONS ".sessions"

/* Optional texts are NULL when they are not set; a list may be NULL for the writer. Files
 * hold the secrets: chatd.conf contains none. */
typedef struct chat_wire_site_t {
    const char *name;                        /* of the virtual host */
    const char *driver, *params;             /* as in DBDriver, DBDParams */
    const char *secret;                      /* file of the site's secret */
    const char *path;                        /* of Socket.IO, begins and ends with '/' */
    apr_int64_t room;                        /* chatroom that the Button API serves */
    apr_int64_t ping_interval, ping_timeout; /* milliseconds, up to an hour */
    apr_array_header_t *origins;             /* const char *; none: same origin only */
    apr_array_header_t *mail;                /* const char *: program and arguments */
    const char *mail_templates;
    const char *discord_api, *discord_webhook, *discord_token; /* URL; files */
} chat_wire_site_t;

typedef struct chat_wire_conf_t {
    chat_log_level_t level;
    apr_array_header_t *sites; /* chat_wire_site_t */
} chat_wire_conf_t;

/* Begins with no site and the level notice. */
void chat_wire_conf_init(chat_wire_conf_t *out, apr_pool_t *pool);

/* The text of CONF. NULL when it would be too long, or when a value has a newline. */
const char *chat_wire_conf_write(const chat_wire_conf_t *conf, apr_pool_t *pool);

/* Reads TEXT; what OUT has lives as long as POOL. CHAT_MALFORMED: *WHY names the word and
 * the mistake. */
apr_status_t chat_wire_conf_read(chat_wire_conf_t *out, const char **why,
                                 const char *text, apr_pool_t *pool);

#endif
