/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/realtime_state.h"

#include <errno.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

chat_realtime_state_t *chat_realtime_state_create(void)
{
    void *page = mmap(NULL, sizeof(chat_realtime_state_t), PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return page == MAP_FAILED ? NULL : page;
}

void chat_realtime_state_set_running(chat_realtime_state_t *board, int running)
{
    __atomic_store_n(&board->running, running ? 1 : 0, __ATOMIC_RELEASE);
}

int chat_realtime_state_running(const chat_realtime_state_t *board)
{
    return __atomic_load_n(&board->running, __ATOMIC_ACQUIRE) != 0;
}

static int take(chat_realtime_state_t *board, int place, apr_uint32_t from)
{
    return __atomic_compare_exchange_n(&board->places[place], &from,
                                       (apr_uint32_t)getpid(), 0, __ATOMIC_ACQ_REL,
                                       __ATOMIC_RELAXED);
}

int chat_realtime_state_enter(chat_realtime_state_t *board, int count)
{
    for (int i = 0; i < count; i++) {
        if (!__atomic_load_n(&board->places[i], __ATOMIC_RELAXED) && take(board, i, 0))
            return i;
    }
    for (int i = 0; i < count; i++) {
        apr_uint32_t pid = __atomic_load_n(&board->places[i], __ATOMIC_RELAXED);
        if (pid && kill((pid_t)pid, 0) != 0 && errno == ESRCH && take(board, i, pid))
            return i;
    }
    return -1;
}

void chat_realtime_state_leave(chat_realtime_state_t *board, int place)
{
    __atomic_store_n(&board->places[place], 0, __ATOMIC_RELEASE);
}

int chat_realtime_state_held(const chat_realtime_state_t *board)
{
    int n = 0;
    for (int i = 0; i < CHAT_PLACES_MAX; i++)
        n += __atomic_load_n(&board->places[i], __ATOMIC_RELAXED) != 0;
    return n;
}
