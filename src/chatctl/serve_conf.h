/* SPDX-License-Identifier: Apache-2.0
 * serve_conf.h - the configuration that `chatctl serve` writes for httpd.
 */
#ifndef CHAT_CHATCTL_SERVE_CONF_H
#define CHAT_CHATCTL_SERVE_CONF_H

#include "serve.h"

/* Why TEXT cannot be quoted in httpd's configuration, or NULL. */
const char *chatctl_conf_refuse(const char *text);

/* The configuration for S; NULL when it is too long. */
const char *chatctl_serve_configuration(const chatctl_serve_t *s);

#endif
