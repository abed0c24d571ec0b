/* SPDX-License-Identifier: Apache-2.0
 * ssl.h - connections that mod_ssl serves, and how they leave httpd.
 *
 * Only the first request of a connection may be handed over: with the keys of later ones
 * a recording of what went before could be read. What was kept is wiped then, and when
 * the first request is not handed over.
 */
#ifndef CHAT_HTTPD_REALTIME_SSL_H
#define CHAT_HTTPD_REALTIME_SSL_H

#include "base/buffer.h"
#include "httpd/site.h"

#include <httpd.h>

/* Registers the hooks and a filter. */
void chat_ssl_register(void);

/* The suite of R's connection as a bit, when it can be handed over; or 0. */
unsigned chat_ssl_suite(request_rec *r);
/* Adds to OUT all that was read behind R, encrypted bytes and keys, as CHAT_INTAKE_TLS
 * has them. Where OUT overflows or nothing can be known of the next record: APR_EGENERAL,
 * and the connection must end. */
apr_status_t chat_ssl_take(chat_buffer_t *out, request_rec *r);
/* OUT was sent: OpenSSL says no more on R's connection. */
void chat_ssl_forget(request_rec *r);
/* Wipes the keys in OUT. */
void chat_ssl_wipe(chat_buffer_t *out);

#endif
