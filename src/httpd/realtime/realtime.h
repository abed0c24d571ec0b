/* SPDX-License-Identifier: Apache-2.0
 * realtime.h - what httpd does for realtime clients: it brings them to the daemon.
 *
 * hand over: the client's own socket goes to the daemon with the request; httpd is done.
 * park:      the connection waits in the MPM, its bytes go through a socketpair whose
 *            other end the daemon has. No thread is held.
 * exchange:  a thread sends one request through a socketpair and waits for the answer.
 * proxy:     mod_proxy gets the request for the daemon's HTTP socket.
 *
 * The last two hold a thread each; how many may do so at a time is bounded.
 */
#ifndef CHAT_HTTPD_REALTIME_REALTIME_H
#define CHAT_HTTPD_REALTIME_REALTIME_H

#include "httpd/config/mounts.h"
#include "httpd/realtime_state.h"
#include "wire/daemon_link.h"

typedef struct chat_relay_t chat_relay_t;

/* Of one reading of the configuration, in pconf; NULL in a gen without daemon. */
typedef struct chat_realtime_t {
    chat_daemon_mode_t mode;
    const char *program; /* to be started; "" for external */
    const char *intake;  /* paths of the sockets and of the daemon's configuration */
    const char *http;
    const char *conf;
    chat_realtime_state_t *board; /* from post_config on */
    int can_park;                 /* the MPM keeps connections that wait for us */
    int threads;                  /* of one child */
    int places;                   /* threads that realtime may hold, of all children */
    int parked_max;               /* connections that may be parked in one child */
    /* in a child */
    chat_daemon_link_t *courier;
    chat_relay_t *relay;
    int held;     /* threads of this child that realtime holds */
    int retiring; /* the child is about to end */
} chat_realtime_t;

/* Hooks. */
int chat_realtime_handler(request_rec *r);
void chat_realtime_stopping(apr_pool_t *pool, int graceful);

/* Asks the daemon to part with this child's parked connections. */
void chat_realtime_retire(chat_realtime_t *realtime);

/* The parts of chat_start_post_config and chat_start_child_init. */
void chat_realtime_post_config(chat_generation_t *gen, const chat_runner_t *runner,
                               apr_pool_t *pconf, apr_pool_t *ptemp);
void chat_realtime_child_init(chat_generation_t *gen, apr_pool_t *pchild);

/* A hint for the core: BATON is the chat_host_t. */
void chat_realtime_hint(void *baton, apr_int64_t room);

/* Whether the daemon runs, as far as is known here; REALTIME may be NULL. */
int chat_realtime_running(const chat_realtime_t *realtime);

/* The head that all messages of R begin with. */
void chat_realtime_head(chat_intake_t *head, const request_rec *r,
                        chat_intake_kind_t kind);

/* Answers R, for which nothing can be done now: 503, STATUS in general, in Engine.IO's
 * form. Always OK. */
int chat_realtime_refuse(request_rec *r, int status, const char *text);
/* The same when the daemon could not be told, which RV explains. */
int chat_realtime_lost(request_rec *r, apr_status_t rv);

/* A thread of this child that may be held; released with POOL. 0 when none is left. */
int chat_realtime_hold(chat_realtime_t *realtime, apr_pool_t *pool);

static inline chat_realtime_t *chat_realtime_of(const request_rec *r)
{
    return chat_config_server(r->server)->generation->realtime;
}

#endif
