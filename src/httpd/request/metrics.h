/* SPDX-License-Identifier: Apache-2.0
 * metrics.h - the counts of base/metrics.h in memory that the parent and all children
 * share, kept over restarts. watch/exposition.h shows them.
 */
#ifndef CHAT_HTTPD_REQUEST_METRICS_H
#define CHAT_HTTPD_REQUEST_METRICS_H

#include "base/metrics.h"
#include "core/site.h"

#include <httpd.h>

/* The counts of this httpd, created at the first call; NULL when out of memory: then
 * nothing is counted. For the parent only. */
chat_metrics_t *chat_metrics_open(void);

/* Counts R, a request of DIALECT that was answered. METRICS may be NULL. */
void chat_metrics_request(chat_metrics_t *metrics, chat_dialect_id_t dialect,
                          const request_rec *r);

#endif
