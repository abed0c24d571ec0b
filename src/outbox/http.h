/* SPDX-License-Identifier: Apache-2.0
 * http.h - HTTP requests to another server: libcurl's multi interface, nothing waits.
 *
 * One thread owns it. TLS is verified against the system's authorities (or the file that
 * CURL_CA_BUNDLE names in this program's environment), no redirect is followed, answers
 * are cut at CHAT_HTTP_MAX bytes. No address and no header of a request is ever logged.
 */
#ifndef CHAT_OUTBOX_HTTP_H
#define CHAT_OUTBOX_HTTP_H

#include <apr_pools.h>
#include <apr_tables.h>
#include <apr_time.h>

#define CHAT_HTTP_MAX 65536
#define CHAT_HTTP_CONNECT_MS 5000
#define CHAT_HTTP_TIMEOUT_MS 15000

typedef struct chat_http_t chat_http_t;

typedef struct chat_http_answer_t {
    int reached;       /* the request, or a part of it, may have arrived */
    long status;       /* 0: no answer */
    const char *error; /* without an answer: why, in words without secrets */
    const char *body;
    apr_size_t len;
    apr_table_t *headers; /* all of them */
    /* some of them; negative: absent */
    double retry_after, reset_after, remaining;
    int global;
} chat_http_answer_t;

typedef void (*chat_http_done_fn)(void *baton, const chat_http_answer_t *answer);

typedef struct chat_http_request_t {
    const char *url;
    const char *authorization; /* or NULL */
    const char *body;          /* of a POST; NULL: GET */
    const char *type;          /* of the body; NULL: application/json */
    /* lines of further headers, the last one NULL; or NULL */
    const char *const *headers;
    /* ADDRESS:PORT, this machine, in place of URL's host, in the clear too, and without a
     * look at the certificate; or /PATH of a socket; or NULL */
    const char *connect;
    chat_http_done_fn done; /* called once, from chat_http_run */
    void *baton;
    apr_pool_t *pool; /* outlives the request */
} chat_http_request_t;

/* Once per process, before any thread. */
apr_status_t chat_http_init(void);

apr_status_t chat_http_create(chat_http_t **out, apr_pool_t *pool);
/* Running requests are aborted; their `done` is not called. */
void chat_http_destroy(chat_http_t *http);

/* APR_EGENERAL when it cannot even begin: done is not called. Starts from a callback are
 * welcome. */
apr_status_t chat_http_start(chat_http_t *http, const chat_http_request_t *request);

/* Moves all requests on; waits at most WAIT ms, or until chat_http_wake. */
void chat_http_run(chat_http_t *http, int wait);
/* From any thread. */
void chat_http_wake(chat_http_t *http);

#endif
