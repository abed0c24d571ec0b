/* SPDX-License-Identifier: Apache-2.0
 * metrics.h - counts for monitoring: `SetHandler chat-metrics` answers in the text format
 * of Prometheus (exposition format 0.0.4).
 *
 * One page of memory shared by the parent and all children, kept over restarts.
 */
#ifndef CHAT_HTTPD_REQUEST_METRICS_H
#define CHAT_HTTPD_REQUEST_METRICS_H

#include "core/call.h"

#include <httpd.h>

#define CHAT_METRICS_HANDLER "chat-metrics"

typedef struct chat_metrics_t chat_metrics_t;

/* The page of this httpd, created at the first call; NULL when out of memory: then
 * nothing is counted. For the parent only. */
chat_metrics_t *chat_metrics_open(void);

/* Counts a request of DIALECT that was answered with STATUS. METRICS may be NULL. */
void chat_metrics_count(chat_metrics_t *metrics, chat_dialect_id_t dialect, int status);

/* The handler: GET and HEAD of what SetHandler chat-metrics applies to. */
int chat_metrics_handler(request_rec *r);

#endif
