/*
 * board.h - a page of memory that httpd's parent, its children and the starting daemon
 * share: whether the daemon runs, and which threads are held by realtime clients.
 *
 * It belongs to the httpd process and is kept over restarts.
 */
#ifndef CHAT_HTTPD_BOARD_H
#define CHAT_HTTPD_BOARD_H

#include <apr.h>

/* More threads than this are never given to realtime clients. */
#define CHAT_PLACES_MAX 4096

typedef struct chat_board_t {
    apr_uint32_t running;                 /* the daemon was started and has not ended */
    apr_uint32_t places[CHAT_PLACES_MAX]; /* pid of the child whose thread is held; 0 */
} chat_board_t;

/* NULL (errno) when there is no memory. Must not be called in a child. */
chat_board_t *chat_board_create(void);

void chat_board_set_running(chat_board_t *board, int running);
int chat_board_running(const chat_board_t *board);

/* Takes one of the first COUNT places for this process; -1 when all are taken. Places of
 * processes that died are free. */
int chat_board_enter(chat_board_t *board, int count);
void chat_board_leave(chat_board_t *board, int place);
/* Places that are taken. */
int chat_board_held(const chat_board_t *board);

#endif
