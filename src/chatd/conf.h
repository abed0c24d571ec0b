/* SPDX-License-Identifier: Apache-2.0
 * conf.h - what the daemon serves: the file described in base/intake.h.
 */
#ifndef CHAT_CHATD_CONF_H
#define CHAT_CHATD_CONF_H

#include "base/log.h"

#include <apr_pools.h>
#include <apr_tables.h>

typedef struct chatd_site_conf_t {
    const char *name, *driver, *params, *secret, *path;
    apr_int64_t room;
    unsigned ping_interval, ping_timeout; /* milliseconds */
    apr_array_header_t *origins;          /* const char * */
    apr_array_header_t *mail;             /* const char *: program and arguments */
    const char *mail_templates;           /* or NULL */
    /* each NULL when it is not set */
    const char *discord_api, *discord_webhook, *discord_token;
} chatd_site_conf_t;

typedef struct chatd_conf_t {
    chat_log_level_t level;
    apr_int64_t files;
    apr_array_header_t *sites; /* chatd_site_conf_t */
    const char *text;          /* the file as it was read */
} chatd_conf_t;

/* Reads FILE into POOL. CHAT_MALFORMED: *WHY names line and mistake. */
apr_status_t chatd_conf_read(chatd_conf_t *out, const char **why, const char *file,
                             apr_pool_t *pool);

#endif
