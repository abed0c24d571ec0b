/* SPDX-License-Identifier: Apache-2.0
 * intake.h - how httpd hands connections and hints to chatd.
 *
 * One SOCK_SEQPACKET unix socket; every message is one chat_intake_t followed by `len`
 * bytes, and at most two descriptors (SCM_RIGHTS). Both ends are of one build on one
 * machine, so the struct is sent as it is. Each httpd child connects once and keeps the
 * connection; when it is closed the child has ended. chatd does not answer on it, but
 * says first, and when that changes, which TLS sockets it takes (chat_intake_offer_t).
 *
 * chatd is started as
 *     chatd --config FILE --intake FD --listen FD --lifeline FD
 * with the listening intake socket, a listening stream unix socket (HTTP for the proxy
 * way) and the read end of a pipe that httpd's parent holds: at its end-of-file
 * chatd drains and exits. SIGHUP makes it reload FILE, SIGTERM drains.
 *
 * FILE is described in wire/conf.h.
 *
 * Several sites may have one database (http and https of one host): a hint that names one
 * of them is for all, and so is every event.
 *
 * Requests that httpd's mod_proxy brings to the stream socket have the header
 *     X-Chat-Client: SITE TLS ADDRESS ?QUERY PROOF  as in "0 1 192.0.2.7 ?EIO=4 f00d..."
 * set by the module; wire/proof.h describes PROOF. Without it (after a ProxyPass line by
 * hand) the Host header names the site. QUERY counts, not the request line's. Requests
 * on a SOCKET or STREAM that are not for a WebSocket have `Connection: close`: they get
 * one answer, and its end is the end of the descriptor.
 *
 * httpd asks there, on connections of its own, how many clients a site has:
 *     GET /.counts
 *     X-Chat-Counts: SITE ROOM ID,ID,... PROOF
 * Without a valid proof, or on another socket, the answer is the 404 of every other path.
 * The answer
 *     {"total":N,"websockets":N,"strangers":N,"of":[N,...]}
 * is about the site alone: its sessions, those of them that are WebSockets or have not
 * logged in, and the sockets of each ID, an account of ROOM or, when that is 0, a
 * chatroom.
 *
 * In the same way, with no ID, GET /.metrics is answered with what chatd counts of
 * base/metrics.h, for all sites: {"cells":[N,...]}, in the order of the table.
 */
#ifndef CHAT_WIRE_INTAKE_H
#define CHAT_WIRE_INTAKE_H

#include "wire/tls.h"

#include <stdint.h>

#define CHAT_INTAKE_MAGIC 0x63680001u
#define CHAT_INTAKE_CLIENT_HEADER "X-Chat-Client"
#define CHAT_INTAKE_COUNTS_HEADER "X-Chat-Counts"
#define CHAT_INTAKE_COUNTS_PATH "/.counts"
#define CHAT_INTAKE_METRICS_PATH "/.metrics"

/* Longest message: a request head and the bytes after it. */
#define CHAT_INTAKE_MAX (128 * 1024)

typedef enum chat_intake_kind_t {
    /* Descriptors: the client's own TCP socket; then, optional, a pipe for the status of
     * the first answer, a uint16_t. Bytes: the request head as the client sent it, and
     * the bytes read after it. */
    CHAT_INTAKE_SOCKET = 1,
    /* Descriptor: one end of a socketpair that httpd relays (TLS, parked polls). Bytes as
     * above. A request whose answer waits for an event gets 102 first, so that httpd
     * knows that it was accepted. */
    CHAT_INTAKE_STREAM = 2,
    /* No descriptor, no bytes: look at chatroom `room` of `site` now, or with 0 at its
     * outbox. May get lost. */
    CHAT_INTAKE_HINT = 3,
    /* The child `child` ends: close its STREAM connections, spread over some seconds. */
    CHAT_INTAKE_RETIRE = 4,
    /* Descriptor: the log from now on (httpd has reopened it). Sent by the parent, and
     * `child` is its pid. */
    CHAT_INTAKE_LOG = 5,
    /* As SOCKET, of a client that speaks TLS. Bytes: those of SOCKET, encrypted bytes
     * that were read after them, a chat_tls_keys_t. Only when chatd offers its suite. */
    CHAT_INTAKE_TLS = 6
} chat_intake_kind_t;

typedef struct chat_intake_t {
    uint32_t magic;
    uint32_t kind;
    uint32_t site;  /* number in the configuration file */
    uint32_t child; /* pid of the httpd child */
    int64_t room;
    uint32_t tls;     /* the client speaks TLS to httpd */
    uint32_t len;     /* bytes behind this */
    char address[48]; /* the client's (r->useragent_ip), NUL-terminated */
} chat_intake_t;

typedef struct chat_intake_offer_t {
    uint32_t magic;
    uint32_t suites; /* a bit for each chat_tls_suite_t; an older chatd sends no offer */
} chat_intake_offer_t;

#endif
