/* SPDX-License-Identifier: Apache-2.0
 * site_conf.h - what httpd's configuration files say of the chat's database.
 */
#ifndef CHAT_CHATCTL_SITE_CONF_H
#define CHAT_CHATCTL_SITE_CONF_H

#include <apr_pools.h>

/* The last value of each directive, and the first other one that a file has: several
 * virtual hosts may have several databases. NULL: not said. */
typedef struct chatctl_named_t {
    const char *driver, *params, *secret;
    const char *other_params, *other_secret;
} chatctl_named_t;

/* Adds what FILE and the files that it includes say. Conditions (<IfModule> and so on)
 * and variables are not evaluated. Returns NULL or what is wrong. */
const char *chatctl_conf_read(chatctl_named_t *out, const char *file, apr_pool_t *pool);

/* The main configuration file of the installed httpd, or NULL. */
const char *chatctl_conf_installed(void);

#endif
