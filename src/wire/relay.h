/* SPDX-License-Identifier: Apache-2.0
 * relay.h - bytes from chatd to clients whose connections are parked, in one thread.
 *
 * A parked connection lies in the pollset of its owner (httpd's MPM) and chatd has the
 * other end of its socketpair. `mutex` guards everything here and what `pass` uses. A
 * thread of the owner has it from taking the connection out of the pollset to putting it
 * back (and from creation to the first time); otherwise the relay thread may write to the
 * client. Memory is malloc'ed and freed by the relay thread, after the last event that
 * can name it.
 */
#ifndef CHAT_WIRE_RELAY_H
#define CHAT_WIRE_RELAY_H

#include "wire/http_answer.h"

#include <apr_pools.h>
#include <apr_time.h>
#include <pthread.h>

typedef struct chat_relay_t chat_relay_t;

/* Zeroed to begin with, but for the first group. May be the first member of a larger
 * struct. */
typedef struct chat_parked_t {
    chat_relay_t *relay;
    apr_uint64_t key; /* of the client's address: see base/address.h */
    int fd;           /* the client's socket, the owner's to close */
    int sp;           /* our end of the socketpair; -1: closed */
    /* Sends BYTES through the connection's filters, of which the last calls
     * chat_relay_write. */
    apr_status_t (*pass)(struct chat_parked_t *p, const char *bytes, apr_size_t len);
    int poll; /* one request, then the connection is the owner's again; else a WebSocket
               */
    apr_time_t keep;        /* how long the connection may be idle after the answer */
    const char *connection; /* header lines about it; lives as long as the connection */

    pthread_mutex_t mutex;
    int mine;     /* the owner has the mutex; used by the owner only */
    int missed;   /* the relay thread came while the mutex was locked */
    int released; /* chat_relay_remove was called */

    char *backlog; /* bytes that the client has not accepted */
    apr_size_t backlog_start, backlog_len, backlog_size;

    int closing;  /* the socket was shut down so that the owner notices */
    int eof;      /* chatd has closed its end */
    int broken;   /* the client's socket */
    int answered; /* all of the answer is written */
    int counted;  /* it has one of the relay's places */
    int close;    /* the connection ends with the answer */
    chat_wire_answer_t answer;

    /* the relay thread's: idle ones, from their answer on; NULL: not among them */
    struct chat_parked_t *idle_next, **idle_at;
    apr_time_t idle_until;

    struct chat_parked_t *all_next, **all_at; /* guarded by the relay */
    struct chat_parked_t *next;               /* of those to be freed */
} chat_parked_t;

/* Starts the relay thread of this child; it ends with POOL, and *OUT is NULL then. What
 * connections need that are still parked stays until they are removed. There are MAX
 * places, of which the connections of one client may have SHARE. */
apr_status_t chat_relay_create(chat_relay_t **out, int max, int share, apr_pool_t *pool);
/* As chat_places_take() and chat_places_leave(). */
int chat_relay_admit(chat_relay_t *relay, apr_uint64_t key);
void chat_relay_dismiss(chat_relay_t *relay, apr_uint64_t key);

/* The child is about to end: connections that are idle after an answer are closed now,
 * others at their answer or when chatd ends them, and the rest after CHAT_RELAY_RETIRE_MS
 * in any state. */
#define CHAT_RELAY_RETIRE_MS 8000
void chat_relay_retire(chat_relay_t *relay);

/* Takes over a place of chat_relay_admit and the mutex, which it creates, for the calling
 * thread. From now on the relay thread watches both descriptors. In any case
 * chat_relay_remove has to follow. */
apr_status_t chat_relay_add(chat_parked_t *p);
/* Locks the mutex for a thread of the owner, unless it has it. */
void chat_relay_lock(chat_parked_t *p);
/* Unlocks the mutex and does the work that the relay thread missed. */
void chat_relay_unlock(chat_parked_t *p);
/* Removes P, unlocks the mutex and has P freed. */
void chat_relay_remove(chat_parked_t *p);

/* Passes on what chatd has sent before it closed its end. */
void chat_relay_drain(chat_parked_t *p);

/* Writes to the client's socket what it accepts and keeps the rest. */
apr_status_t chat_relay_write(chat_parked_t *p, const char *bytes, apr_size_t len);

#endif
