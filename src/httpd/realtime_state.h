/* SPDX-License-Identifier: Apache-2.0
 * realtime_state.h - memory that httpd's parent, its children and the starting chatd
 * share: whether chatd runs, which threads realtime clients hold, which lines were just
 * logged.
 *
 * It belongs to the httpd process and is kept over restarts.
 */
#ifndef CHAT_HTTPD_REALTIME_STATE_H
#define CHAT_HTTPD_REALTIME_STATE_H

#include <apr.h>

/* More threads than this are never given to realtime clients. */
#define CHAT_PLACES_MAX 4096
/* Different lines of chat_realtime_state_first in a minute, at most. */
#define CHAT_LINES_MAX 64

typedef struct chat_realtime_state_t {
    apr_uint32_t running; /* chatd was started and has not ended */
    /* above CHAT_CLIENT_KEY_BITS the pid of the child whose thread is held, below it the
     * key of the client that holds it; 0 */
    apr_uint64_t places[CHAT_PLACES_MAX];
    apr_uint64_t lines[CHAT_LINES_MAX]; /* the minute of the last one */
} chat_realtime_state_t;

/* NULL (errno) when out of memory. Must not be called in a child. */
chat_realtime_state_t *chat_realtime_state_create(void);

void chat_realtime_state_set_running(chat_realtime_state_t *state, int running);
int chat_realtime_state_running(const chat_realtime_state_t *state);

/* The key of a client's ADDRESS as places are counted: see base/address.h. */
apr_uint64_t chat_realtime_state_key(const char *address);

/* Takes one of the first COUNT places for this process and KEY, which may hold SHARE of
 * them, its network CHAT_WIDE_PLACES times that. Gives its number, or -1 when all are
 * taken, or CHAT_PLACE_SHARE when KEY has as many as it may. Places of processes that
 * died are free. */
#define CHAT_PLACE_SHARE (-2)
int chat_realtime_state_enter(chat_realtime_state_t *state, int count, apr_uint64_t key,
                              int share);
void chat_realtime_state_leave(chat_realtime_state_t *state, int place);
/* Places in use. */
int chat_realtime_state_held(const chat_realtime_state_t *state);

/* Whether a line about TEXT may be logged: once a minute for each TEXT. */
int chat_realtime_state_first(chat_realtime_state_t *state, const char *text);

#endif
