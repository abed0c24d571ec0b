/* SPDX-License-Identifier: Apache-2.0
 * log.h - the library's log lines in httpd's error log.
 */
#ifndef CHAT_HTTPD_LOG_H
#define CHAT_HTTPD_LOG_H

#include "base/log.h"

#include <httpd.h>

/* Lines go to the error log of S, filtered by its LogLevel (also `LogLevel chat:debug`).
 */
void chat_log_server(chat_log_t *out, server_rec *s);

/* The same for lines that belong on the terminal while httpd reads its configuration. */
void chat_log_startup(chat_log_t *out, server_rec *s);

#endif
