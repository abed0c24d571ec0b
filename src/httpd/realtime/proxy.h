/* SPDX-License-Identifier: Apache-2.0
 * proxy.h - realtime requests that mod_proxy forwards to chatd.
 */
#ifndef CHAT_HTTPD_REALTIME_PROXY_H
#define CHAT_HTTPD_REALTIME_PROXY_H

#include <httpd.h>

/* Lets mod_proxy answer R, as long as threads are left for that. */
int chat_proxy(request_rec *r);

#endif
