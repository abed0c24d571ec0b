/* SPDX-License-Identifier: Apache-2.0
 * parked.h - a connection that waits in the MPM while the daemon holds the other end of
 * its socketpair; shared by park.c (the MPM's threads) and relay.c (the relay thread).
 *
 * `mutex` guards the connection's filters and everything here. The MPM's thread has it
 * from resume_connection to suspend_connection (and from attaching to the first suspend);
 * between those the connection lies in the MPM's pollset and the relay thread may write
 * to it. Memory is malloc'ed and freed by the relay thread, after the last event that can
 * name it.
 */
#ifndef CHAT_HTTPD_REALTIME_PARKED_H
#define CHAT_HTTPD_REALTIME_PARKED_H

#include "httpd/realtime/realtime.h"
#include "wire/http_answer.h"

#include <httpd.h>
#include <pthread.h>
#include <util_filter.h>

typedef struct chat_parked_t {
    pthread_mutex_t mutex;
    chat_relay_t *relay;
    conn_rec *c; /* NULL: released */
    int fd;      /* the client's socket, httpd's */
    int sp;      /* our end of the socketpair; -1: closed */
    int missed;  /* the relay thread came while the mutex was taken */
    int mine;    /* the MPM's thread has the mutex; used by those threads only */

    ap_filter_t *prime;       /* until the first pass */
    ap_filter_t *network;     /* the last output filter but the core's */
    ap_filter_rec_t *timeout; /* mod_reqtimeout's filter, taken out; with its context */
    void *timeout_ctx;
    apr_bucket_brigade *bb; /* for output */

    char *backlog; /* encrypted bytes that the client has not taken */
    apr_size_t backlog_start, backlog_len, backlog_size;

    int closing; /* the socket was shut down so that the MPM notices */
    int eof;     /* the daemon has closed its end */
    int broken;  /* the client's socket */

    int poll;               /* one request, then the connection is httpd's again */
    int answered;           /* all of the answer is written */
    int counted;            /* one of those that the relay has room for */
    apr_time_t keep;        /* how long the connection may be idle when it is answered */
    int close;              /* the connection ends with the answer */
    apr_size_t early;       /* bytes that came before the answer */
    const char *connection; /* header lines about it, in c->pool */
    chat_wire_answer_t answer;

    /* the relay thread's: idle ones, from their answer on; NULL: not among them */
    struct chat_parked_t *idle_next, **idle_at;
    apr_time_t idle_until;

    struct chat_parked_t *next; /* of those to be freed */
} chat_parked_t;

/* ---- relay.c ---- */

/* Starts the relay thread of this child; it ends with POOL, and *OUT is NULL then. What
 * connections need that are still parked stays until they are removed. */
apr_status_t chat_relay_create(chat_relay_t **out, int max, apr_pool_t *pool);
/* One more connection; 0 when there are enough. */
int chat_relay_admit(chat_relay_t *relay);
void chat_relay_dismiss(chat_relay_t *relay);

/* The child is about to end: connections that are idle after an answer are closed now,
 * and later ones at their answer. Only they: the daemon ends the others. */
void chat_relay_retire(chat_relay_t *relay);

/* From now on the relay thread looks at both descriptors of P. Whatever comes back,
 * chat_relay_remove has to follow. */
apr_status_t chat_relay_add(chat_parked_t *p);
/* The MPM's thread lets go of the mutex; what the relay thread missed is done then. */
void chat_relay_unlock(chat_parked_t *p);
/* Takes P out, lets go of the mutex and frees P when nobody can name it. */
void chat_relay_remove(chat_parked_t *p);

/* Passes on what the daemon has sent before it closed its end. */
void chat_relay_drain(chat_parked_t *p);

/* Writes to the client's socket what it takes and keeps the rest. */
apr_status_t chat_relay_write(chat_parked_t *p, const char *bytes, apr_size_t len);

#endif
