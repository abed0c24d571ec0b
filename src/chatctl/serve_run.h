/* SPDX-License-Identifier: Apache-2.0
 * serve_run.h - the httpd process of `chatctl serve`.
 */
#ifndef CHAT_CHATCTL_SERVE_RUN_H
#define CHAT_CHATCTL_SERVE_RUN_H

#include "serve.h"

/* Picks free ports where S has 0, writes the configuration, starts httpd, keeps the
 * database that was named, prints "ready", serves until a signal ends it. Returns the
 * exit code. */
int chatctl_serve_run(chatctl_serve_t *s);

#endif
