/* SPDX-License-Identifier: Apache-2.0
 * exposition.h - what is counted, shown: `SetHandler chat-metrics` answers in the text
 * format of Prometheus (exposition format 0.0.4), and mod_status has a part about chat.
 */
#ifndef CHAT_HTTPD_WATCH_EXPOSITION_H
#define CHAT_HTTPD_WATCH_EXPOSITION_H

#include <httpd.h>

/* The handler: GET and HEAD of what SetHandler chat-metrics applies to. Waits for the
 * database and chatd as long as every request does, a few seconds. */
int chat_exposition_handler(request_rec *r);

/* Hook of mod_status: FLAGS as it has them. */
int chat_exposition_status(request_rec *r, int flags);

#endif
