/* SPDX-License-Identifier: Apache-2.0
 * serve_find.h - the programs, modules and users that `chatctl serve` needs.
 */
#ifndef CHAT_CHATCTL_SERVE_FIND_H
#define CHAT_CHATCTL_SERVE_FIND_H

#include "serve.h"

/* The path of NAME beside this program, where a build leaves it, or NULL. */
const char *chatctl_beside(const char *name, apr_pool_t *pool);

/* Finds httpd, its modules, mod_chat.so and, as root, the user of the children. Returns
 * NULL or the missing part. */
const char *chatctl_serve_find(chatctl_serve_t *s);

/* The program, or NULL. */
const char *chatctl_httpd(void);

/* Runs ARGV to its end, output into OUTPUT (-1: /dev/null), as who we are or became.
 * Returns its exit code, 127 when it could not be run. */
int chatctl_run(const char *const *argv, int output);

/* Creates tls.key and tls.crt in the state directory when they are missing. Returns NULL
 * or the fault. */
const char *chatctl_serve_certificate(const chatctl_serve_t *s);

#endif
