/* SPDX-License-Identifier: Apache-2.0
 * health.h - `SetHandler chat-health`: whether this httpd answers, and whether it can
 * serve chat, for load balancers and Kubernetes.
 *
 * The end of the path decides: live, ready, live.json, ready.json.
 */
#ifndef CHAT_HTTPD_WATCH_HEALTH_H
#define CHAT_HTTPD_WATCH_HEALTH_H

#include <httpd.h>

/* The handler: GET and HEAD. `live` asks nothing; `ready` waits for the database and
 * chatd as long as every request does, a few seconds. */
int chat_health_handler(request_rec *r);

#endif
