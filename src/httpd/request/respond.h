/* SPDX-License-Identifier: Apache-2.0
 * respond.h - answers out: status, headers, CORS, one brigade.
 */
#ifndef CHAT_HTTPD_REQUEST_RESPOND_H
#define CHAT_HTTPD_REQUEST_RESPOND_H

#include "api/api.h"
#include "httpd/site.h"

#include <httpd.h>

/* The origin of the page that makes the request. */
typedef struct chat_origin_t {
    const char *allowed;  /* its origin when ChatAllowOrigin lists it, else NULL */
    int foreign;          /* listed and not the origin of the request itself */
    const char *stranger; /* what it is when it is neither ours nor listed, else NULL */
} chat_origin_t;
void chat_origin_find(chat_origin_t *out, const chat_host_t *host, const request_rec *r);
/* For a GET that changes something: browsers name no Origin there. A page without an
 * origin counts as foreign then, unless the request has one of HEADERS (or NULL), the
 * dialect's own. */
void chat_origin_find_unsafe(chat_origin_t *out, const chat_host_t *host,
                             const request_rec *r, const char *const *headers);

/* Headers that every answer below a mount has. */
void chat_respond_origin(request_rec *r, const chat_host_t *host,
                         const chat_origin_t *origin);

/* Sends RESP. Always OK: httpd's ErrorDocument does not apply to any status. */
int chat_respond(request_rec *r, chat_response_t *resp);

/* Writes what answers have left in the filters of R's connection. */
void chat_respond_flush(request_rec *r);

/* R fails because of WHY, a word: its client gets the id of a line of LEVEL in the error
 * log, which is httpd's own (%L of both logs), in a header. */
void chat_respond_log_id(request_rec *r, int level, const char *why);

/* Answers OPTIONS, a preflight among them. ALLOW is the value of Allow. */
int chat_respond_options(request_rec *r, const chat_origin_t *origin, const char *allow);

#endif
