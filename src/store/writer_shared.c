/* SPDX-License-Identifier: Apache-2.0 */
/* The lock file, mapped: counters and the bell that all processes share. */
#include "store/writer_shared.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#ifdef __linux__
#include <linux/futex.h>
#include <sys/syscall.h>
#endif

#define ROOMS 4096
#define LISTEN_TIME apr_time_from_sec(3)

typedef struct file_t {
    apr_uint32_t bell;
    apr_uint32_t waiting; /* a waiter that was killed stays counted: one ring too many */
    apr_uint64_t all;     /* moved when it is not known which rooms changed */
    apr_uint64_t room[ROOMS];
    apr_int64_t listened[ROOMS]; /* the last time */
    apr_uint64_t changes[CHAT_SHARED_WHATS];
} file_t;

#ifdef SYS_futex_time64
/* 32 bits with 64-bit times */
#define FUTEX (sizeof(time_t) > sizeof(long) ? SYS_futex_time64 : SYS_futex)
#else
#define FUTEX SYS_futex
#endif

struct chat_shared_t {
    file_t *at;
    apr_uint64_t told[ROOMS]; /* the counters at the last news, and whose they were */
};

static apr_status_t unmap(void *data)
{
    chat_shared_t *s = data;
    munmap(s->at, sizeof(*s->at));
    return APR_SUCCESS;
}

/* Where the file system cannot reserve space. Another process may be here at the same
 * time, and zeros must not be written over what it counts. */
static apr_status_t write_zeros(int fd)
{
    char zeros[512] = {0};
    apr_status_t rv = APR_SUCCESS;
    struct stat st;
    if (flock(fd, LOCK_EX) != 0 || fstat(fd, &st) != 0)
        return errno;
    while (rv == APR_SUCCESS && st.st_size < (off_t)sizeof(file_t)) {
        apr_size_t left = sizeof(file_t) - (apr_size_t)st.st_size;
        ssize_t n =
            pwrite(fd, zeros, left < sizeof(zeros) ? left : sizeof(zeros), st.st_size);
        if (n > 0)
            st.st_size += n;
        else if (errno != EINTR)
            rv = errno;
    }
    flock(fd, LOCK_UN);
    return rv;
}

static apr_status_t grow(int fd, off_t from)
{
    int rc = posix_fallocate(fd, from, (off_t)sizeof(file_t) - from);
    return rc == EINVAL || rc == EOPNOTSUPP ? write_zeros(fd) : rc;
}

apr_status_t chat_shared_map(chat_shared_t **out, int fd, apr_pool_t *pool)
{
    chat_shared_t *s = apr_pcalloc(pool, sizeof(*s));
    struct stat st;
    void *at;
    int rc;
    /* Not a file with holes: on a full disk, the first touch of one would be SIGBUS. And
     * what is there: where the file system cannot do this, glibc writes zeros over bytes
     * that are zero when it looks, and others may be counting there. */
    if (fstat(fd, &st) != 0)
        return errno;
    rc = st.st_size < (off_t)sizeof(*s->at) ? grow(fd, st.st_size) : 0;
    if (rc)
        return rc;
    at = mmap(NULL, sizeof(*s->at), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (at == MAP_FAILED)
        return errno;
    s->at = at;
    apr_pool_cleanup_register(pool, s, unmap, apr_pool_cleanup_null);
    *out = s;
    return APR_SUCCESS;
}

apr_uint64_t chat_shared_epoch(const chat_shared_t *s, apr_int64_t room)
{
    return 1 + __atomic_load_n(&s->at->all, __ATOMIC_ACQUIRE) +
           __atomic_load_n(&s->at->room[room % ROOMS], __ATOMIC_ACQUIRE);
}

void chat_shared_move(chat_shared_t *s, const chat_tx_t *tx)
{
    if (tx->rooms_lost)
        __atomic_add_fetch(&s->at->all, 1, __ATOMIC_RELEASE);
    for (int i = 0; i < tx->rooms_used; i++)
        __atomic_add_fetch(&s->at->room[tx->rooms[i].room % ROOMS], 1, __ATOMIC_RELEASE);
}

apr_uint64_t chat_shared_changes(const chat_shared_t *s, chat_shared_what_t what)
{
    return 2 + __atomic_load_n(&s->at->changes[what], __ATOMIC_SEQ_CST);
}

void chat_shared_change(chat_shared_t *s, chat_shared_what_t what)
{
    if (chat_shared_changes(s, what) % 2 == 0)
        __atomic_add_fetch(&s->at->changes[what], 1, __ATOMIC_SEQ_CST);
}

void chat_shared_changed(chat_shared_t *s)
{
    for (int i = 0; i < CHAT_SHARED_WHATS; i++) {
        if (chat_shared_changes(s, (chat_shared_what_t)i) % 2)
            __atomic_add_fetch(&s->at->changes[i], 1, __ATOMIC_SEQ_CST);
    }
}

void chat_shared_listen(chat_shared_t *s, apr_int64_t room)
{
    __atomic_store_n(&s->at->listened[room % ROOMS], apr_time_now(), __ATOMIC_SEQ_CST);
}

int chat_shared_news(chat_shared_t *s, apr_int64_t room)
{
    apr_time_t last = __atomic_load_n(&s->at->listened[room % ROOMS], __ATOMIC_SEQ_CST);
    apr_uint64_t now;
    if (!last || apr_time_now() - last > LISTEN_TIME)
        return 0;
    /* two rooms that share a place never take each other's news */
    now = chat_shared_epoch(s, room) ^ (apr_uint64_t)room << 32;
    return __atomic_exchange_n(&s->told[room % ROOMS], now, __ATOMIC_ACQ_REL) != now;
}

unsigned chat_shared_bell(const chat_shared_t *s)
{
    return __atomic_load_n(&s->at->bell, __ATOMIC_ACQUIRE);
}

void chat_shared_await(chat_shared_t *s, unsigned bell, int msec)
{
    struct timespec time = {msec / 1000, msec % 1000 * 1000000L};
    __atomic_add_fetch(&s->at->waiting, 1, __ATOMIC_SEQ_CST);
#ifdef __linux__
    syscall(FUTEX, &s->at->bell, FUTEX_WAIT, bell, &time, NULL, 0);
#else
    time.tv_sec = 0;
    time.tv_nsec = 50000;
    if (chat_shared_bell(s) == bell)
        nanosleep(&time, NULL);
#endif
    __atomic_sub_fetch(&s->at->waiting, 1, __ATOMIC_SEQ_CST);
}

void chat_shared_ring(chat_shared_t *s)
{
    __atomic_add_fetch(&s->at->bell, 1, __ATOMIC_SEQ_CST);
#ifdef __linux__
    if (__atomic_load_n(&s->at->waiting, __ATOMIC_SEQ_CST))
        syscall(FUTEX, &s->at->bell, FUTEX_WAKE, 1, NULL, NULL, 0);
#endif
}
