/* SPDX-License-Identifier: Apache-2.0
 * body.h - reading request bodies.
 */
#ifndef CHAT_HTTPD_REQUEST_BODY_H
#define CHAT_HTTPD_REQUEST_BODY_H

#include "base/problem.h"

#include <httpd.h>
#include <util_filter.h>

/* Name of the output filter that must be registered (chat_body_guard). */
#define CHAT_BODY_GUARD "CHAT_BODY_GUARD"
apr_status_t chat_body_guard(ap_filter_t *f, apr_bucket_brigade *bb);

/* Reads the body of R, at most LIMIT bytes, into r->pool, followed by a NUL. Otherwise
 * CHAT_REFUSED with CHAT_P_TOO_LARGE, CHAT_P_TIMEOUT or CHAT_P_MALFORMED in PROBLEM; the
 * rest is then dropped with the connection, after the answer. */
apr_status_t chat_body_read(const char **body, apr_size_t *len, chat_problem_t *problem,
                            request_rec *r, apr_size_t limit);

/* Discards an unneeded body before the answer. A body above LIMIT, or one that the client
 * holds back until it is asked for, is dropped with the connection. */
void chat_body_drop(request_rec *r, apr_size_t limit);

#endif
