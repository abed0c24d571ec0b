/* SPDX-License-Identifier: Apache-2.0
 * site_conf.h - the chat's database as httpd's configuration files name it.
 */
#ifndef CHAT_CHATCTL_SITE_CONF_H
#define CHAT_CHATCTL_SITE_CONF_H

#include <apr_pools.h>

/* The last value of each directive, and the first other one that a file has: several
 * virtual hosts may have several databases. NULL: not set. */
typedef struct chatctl_named_t {
    const char *driver, *params, *secret;
    const char *other_params, *other_secret;
} chatctl_named_t;

/* Adds the values of FILE and the files that it includes. Conditions (<IfModule> and so
 * on) and variables are not evaluated. Returns NULL or the fault. */
const char *chatctl_conf_read(chatctl_named_t *out, const char *file, apr_pool_t *pool);

/* The main configuration file of the installed httpd, or NULL. */
const char *chatctl_conf_installed(void);

#endif
