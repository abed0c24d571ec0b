#include "store/epoch.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#define ROOMS 4096

typedef struct counters_t {
    apr_uint64_t all; /* moved when it is not known which rooms changed */
    apr_uint64_t room[ROOMS];
} counters_t;

struct chat_epochs_t {
    counters_t *at;
};

static apr_status_t unmap(void *data)
{
    chat_epochs_t *e = data;
    munmap(e->at, sizeof *e->at);
    return APR_SUCCESS;
}

apr_status_t chat_epochs_map(chat_epochs_t **out, int fd, apr_pool_t *pool)
{
    chat_epochs_t *e = apr_palloc(pool, sizeof *e);
    void *at;

    if (ftruncate(fd, sizeof *e->at) != 0)
        return errno;
    at = mmap(NULL, sizeof *e->at, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (at == MAP_FAILED)
        return errno;
    e->at = at;
    apr_pool_cleanup_register(pool, e, unmap, apr_pool_cleanup_null);
    *out = e;
    return APR_SUCCESS;
}

apr_uint64_t chat_epochs_get(const chat_epochs_t *e, apr_int64_t room)
{
    /* 0 means "not known" to callers */
    return 1 + __atomic_load_n(&e->at->all, __ATOMIC_ACQUIRE) +
           __atomic_load_n(&e->at->room[room % ROOMS], __ATOMIC_ACQUIRE);
}

void chat_epochs_move(chat_epochs_t *e, const chat_tx_t *tx)
{
    if (tx->rooms_lost)
        __atomic_add_fetch(&e->at->all, 1, __ATOMIC_RELEASE);
    for (int i = 0; i < tx->rooms_used; i++)
        __atomic_add_fetch(&e->at->room[tx->rooms[i].room % ROOMS], 1, __ATOMIC_RELEASE);
}
