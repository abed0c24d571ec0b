/* SPDX-License-Identifier: Apache-2.0
 * map.h - which requests belong to mod_chat.
 *
 * A mount is a URL prefix with no directory behind it: the path is claimed in
 * translate_name, map_to_storage then keeps httpd from walking directories, and no module
 * that looks at files sees it. Access control runs as for any URL (<Location>). A real
 * directory with `SetHandler chat` goes httpd's usual way; there the path counts from the
 * directory whose ChatAPI applies.
 */
#ifndef CHAT_HTTPD_REQUEST_MAP_H
#define CHAT_HTTPD_REQUEST_MAP_H

#include "httpd/config/mounts.h"

#include <httpd.h>

/* Hooks. */
int chat_map_pre_translate(request_rec *r);
int chat_map_translate(request_rec *r);
int chat_map_storage(request_rec *r);
/* Masks the line of a request that a directory's SetHandler brought here. */
int chat_map_directory(request_rec *r);
int chat_map_type(request_rec *r);
/* Names requests that httpd refused before they were translated: a request line or a
 * header that is not HTTP, too long or too late. */
int chat_map_log(request_rec *r);

/* R's method as dialects know it; 0 for others. */
int chat_map_method(const request_rec *r);

/* Whether the path of R was claimed by its URL, not by a directory's SetHandler. */
int chat_map_claimed(const request_rec *r);

/* Values of SetHandler, for an operator's <Location>: see watch/. */
#define CHAT_METRICS_HANDLER "chat-metrics"
#define CHAT_HEALTH_HANDLER "chat-health"

/* Whether R is a GET or HEAD of what SetHandler HANDLER applies to in a <Location>; else
 * *STATUS is what its handler returns. */
int chat_map_serves(int *status, request_rec *r, const char *handler);

/* What R asks for, in r->pool; NULL when it is not ours after all. *STATUS is then OK or
 * the status of a configuration that cannot work, which has been logged. */
const chat_claim_t *chat_map_claim(int *status, request_rec *r);

/* Sets CHAT_PATH for log formats (%{CHAT_PATH}e): the mount and the endpoint's pattern.
 * The path itself may hold credentials and digests. */
void chat_map_name(request_rec *r, const chat_claim_t *claim);

#endif
