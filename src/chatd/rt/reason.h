/* SPDX-License-Identifier: Apache-2.0
 * Why a connection, a session or a socket ended. Every end carries one of these; the
 * application gets it in one callback and writes it to its log.
 */
#ifndef RT_REASON_H
#define RT_REASON_H

typedef enum rt_reason {
    RT_REASON_NONE,            /* it has not ended */
    RT_REASON_PEER,            /* the client closed the transport */
    RT_REASON_ERROR,           /* the transport failed */
    RT_REASON_PING,            /* no heartbeat in time */
    RT_REASON_PARSE,           /* the client sent what no protocol allows */
    RT_REASON_LEFT,            /* the client left the namespace */
    RT_REASON_KICKED,          /* the application closed it */
    RT_REASON_SHUTDOWN,        /* the server is shutting down */
    RT_REASON_SLOW,            /* more waiting for the client than the stated backlog */
    RT_REASON_CONNECT_TIMEOUT, /* no namespace joined in time */
    RT_REASON_AUTH_TIMEOUT,    /* not authenticated in time */
    RT_REASON_REQUEST_TIMEOUT, /* request head or body not complete in time, or idle */
    RT_REASON_TOO_LARGE,       /* a frame, message or request over its limit */
    RT_REASON_OVERLAP,         /* two polls, or two posts, of one session at a time */
    RT_REASON_LIMIT,           /* over a limit in number */
    RT_REASON_DONE,            /* orderly end of an HTTP connection */
    RT_REASON_COUNT
} rt_reason;

/* English text of REASON; the texts of Socket.IO's reference server are used where it has
 * one ("transport close", "ping timeout", …). */
const char *rt_reason_text(rt_reason reason);

#endif
