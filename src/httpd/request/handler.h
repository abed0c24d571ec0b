/* SPDX-License-Identifier: Apache-2.0
 * handler.h - one request, from httpd's hook to the dialect and back.
 */
#ifndef CHAT_HTTPD_REQUEST_HANDLER_H
#define CHAT_HTTPD_REQUEST_HANDLER_H

#include <httpd.h>

/* Hooks. */
int chat_handler(request_rec *r);

/* Answers paths with broken escapes, which httpd refuses before any other hook. */
int chat_handler_quick(request_rec *r, int lookup);

#endif
