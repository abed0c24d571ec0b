/* SPDX-License-Identifier: Apache-2.0
 * realtime_state.h - a page of memory that httpd's parent, its children and the starting
 * daemon share: whether the daemon runs, and which threads are held by realtime clients.
 *
 * It belongs to the httpd process and is kept over restarts.
 */
#ifndef CHAT_HTTPD_REALTIME_STATE_H
#define CHAT_HTTPD_REALTIME_STATE_H

#include <apr.h>

/* More threads than this are never given to realtime clients. */
#define CHAT_PLACES_MAX 4096

typedef struct chat_realtime_state_t {
    apr_uint32_t running;                 /* the daemon was started and has not ended */
    apr_uint32_t places[CHAT_PLACES_MAX]; /* pid of the child whose thread is held; 0 */
} chat_realtime_state_t;

/* NULL (errno) when there is no memory. Must not be called in a child. */
chat_realtime_state_t *chat_realtime_state_create(void);

void chat_realtime_state_set_running(chat_realtime_state_t *board, int running);
int chat_realtime_state_running(const chat_realtime_state_t *board);

/* Takes one of the first COUNT places for this process; -1 when all are taken. Places of
 * processes that died are free. */
int chat_realtime_state_enter(chat_realtime_state_t *board, int count);
void chat_realtime_state_leave(chat_realtime_state_t *board, int place);
/* Places that are taken. */
int chat_realtime_state_held(const chat_realtime_state_t *board);

#endif
