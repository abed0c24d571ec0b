/* SPDX-License-Identifier: Apache-2.0
 * context.h - the common part of all ways of a realtime request to chatd: the state of
 * this httpd, refusals, thread places, messages to chatd.
 */
#ifndef CHAT_HTTPD_REALTIME_CONTEXT_H
#define CHAT_HTTPD_REALTIME_CONTEXT_H

#include "base/buffer.h"
#include "httpd/realtime_state.h"
#include "httpd/site.h"
#include "wire/daemon_link.h"
#include "wire/relay.h"

#include <httpd.h>
#include <util_filter.h>

/* Milliseconds that a request waits for a chatd that is busy. */
#define CHAT_LIMIT_WAIT_MS 2000

/* Of one reading of the configuration, in pconf. */
typedef struct chat_realtime_t {
    const chat_daemon_t *daemon;
    chat_realtime_state_t *state; /* NULL: no shared memory, realtime answers are 503 */
    int can_park;                 /* the MPM keeps connections that wait for us */
    /* see realtime_limits.h */
    int threads;      /* of one child */
    int places;       /* threads that realtime may hold, of all children */
    int place_share;  /* of these, for one address */
    int parked_max;   /* connections that may be parked in one child */
    int parked_share; /* of these, for one address */
    /* in a child */
    chat_daemon_link_t *link;
    chat_relay_t *relay;
    int held;     /* threads of this child that realtime holds */
    int retiring; /* the child is about to end */
} chat_realtime_t;

static inline chat_realtime_t *chat_context_of(const request_rec *r)
{
    return chat_config_server(r->server)->generation->realtime;
}

static inline chat_metrics_t *chat_context_metrics(const request_rec *r)
{
    return chat_config_server(r->server)->generation->metrics;
}

/* Whether chatd runs, as far as is known here; REALTIME may be NULL. */
int chat_context_running(const chat_realtime_t *realtime);
/* Whether messages can be sent from this child. */
int chat_context_available(const chat_realtime_t *realtime);

/* The head that all messages of R begin with. */
void chat_context_head(chat_intake_t *head, const request_rec *r,
                       chat_intake_kind_t kind);

/* Adds to OUT all that FILTER, one of R's connection, gives at once. APR_ENOSPC when OUT
 * overflows. */
apr_status_t chat_context_drain(chat_buffer_t *out, ap_filter_t *filter, request_rec *r);

/* Sends a message to chatd as chat_daemon_link_send does. Waits for a busy chatd while it
 * has a thread place; HELD: R has one already. */
apr_status_t chat_context_send(request_rec *r, chat_intake_t *head, const void *bytes,
                               const int fds[2], int held);

/* Makes chatd close the connections of this child. */
void chat_context_retire(chat_realtime_t *realtime);

/* Answers R with STATUS, 503 in general, in Engine.IO's form. Always OK. */
int chat_context_refuse(request_rec *r, int status, const char *text);
/* The same when there is no realtime now. */
int chat_context_unavailable(request_rec *r);
/* The same when chatd cannot be reached, because of RV, which is logged. */
int chat_context_lost(request_rec *r, apr_status_t rv);
/* The same when R's client or all clients have what they may of WHAT, which is logged. */
int chat_context_full(request_rec *r, const char *what, int share);

/* A place for a thread of R's client that waits: its number, or as in realtime_state.h.
 */
int chat_context_enter(const request_rec *r);
void chat_context_leave(const request_rec *r, int place);
/* The same until R ends. 1, or 0 when R was answered with 503. */
int chat_context_hold(request_rec *r);

#endif
