/* SPDX-License-Identifier: Apache-2.0
 * handover.h - the client's socket goes to chatd.
 */
#ifndef CHAT_HTTPD_REALTIME_HANDOVER_H
#define CHAT_HTTPD_REALTIME_HANDOVER_H

#include <httpd.h>

/* Whether chatd can have the connection of R: HTTP/1 without TLS, a request without
 * body. */
int chat_handover_possible(request_rec *r);

/* The same for a WebSocket with TLS whose keys are known, and can be used by chatd. */
int chat_handover_tls_possible(request_rec *r);

/* Hands it over. DONE, or an answer's status. */
int chat_handover(request_rec *r);
int chat_handover_tls(request_rec *r);

#endif
