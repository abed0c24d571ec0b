/* SPDX-License-Identifier: Apache-2.0 */
/* Shared memory of httpd's processes about realtime. */
#include "httpd/realtime_state.h"

#include "base/address.h"
#include "base/bounds.h"

#include <apr_hash.h>
#include <apr_time.h>
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

void chat_realtime_state_set_running(chat_realtime_state_t *state, int running)
{
    __atomic_store_n(&state->running, running ? 1 : 0, __ATOMIC_RELEASE);
}

int chat_realtime_state_running(const chat_realtime_state_t *state)
{
    return __atomic_load_n(&state->running, __ATOMIC_ACQUIRE) != 0;
}

static apr_uint32_t hash(const char *text)
{
    apr_ssize_t len = APR_HASH_KEY_STRING;
    return apr_hashfunc_default(text, &len);
}

apr_uint64_t chat_realtime_state_key(const char *address)
{
    char counted[CHAT_ADDRESS_SIZE], network[CHAT_ADDRESS_SIZE];
    apr_uint64_t key;
    chat_address_counted(counted, address);
    key = hash(counted) & CHAT_CLIENT_KEY_MASK;
    if (chat_address_network(network, counted))
        key |= ((hash(network) & CHAT_CLIENT_KEY_MASK) | 1) << CHAT_CLIENT_NETWORK_SHIFT;
    return key;
}

static apr_uint64_t at(const chat_realtime_state_t *state, int place)
{
    return __atomic_load_n(&state->places[place], __ATOMIC_SEQ_CST);
}

static int change(chat_realtime_state_t *state, int place, apr_uint64_t from,
                  apr_uint64_t to)
{
    return __atomic_compare_exchange_n(&state->places[place], &from, to, 0,
                                       __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
}

/* Frees places of children that were killed. */
static void clean(chat_realtime_state_t *state, int count)
{
    for (int i = 0; i < count; i++) {
        apr_uint64_t holder = at(state, i);
        if (holder && kill((pid_t)(holder >> CHAT_CLIENT_KEY_BITS), 0) != 0 &&
            errno == ESRCH)
            change(state, i, holder, 0);
    }
}

/* Holders of places whose part of the key at SHIFT is that of KEY. */
static int count_key(const chat_realtime_state_t *state, int count, apr_uint64_t key,
                     int shift)
{
    int n = 0;
    for (int i = 0; i < count; i++) {
        apr_uint64_t holder = at(state, i);
        n += holder && !((holder ^ key) >> shift & CHAT_CLIENT_KEY_MASK);
    }
    return n;
}

/* Whether the address and its network may have MORE places. */
static int may_have(const chat_realtime_state_t *state, int count, apr_uint64_t key,
                    int share, int more)
{
    return count_key(state, count, key, 0) + more <= share &&
           (!(key >> CHAT_CLIENT_NETWORK_SHIFT) ||
            count_key(state, count, key, CHAT_CLIENT_NETWORK_SHIFT) + more <=
                share * CHAT_WIDE_PLACES);
}

static int enter(chat_realtime_state_t *state, int count, apr_uint64_t key, int share)
{
    apr_uint64_t holder = (apr_uint64_t)getpid() << CHAT_CLIENT_KEY_BITS | key;
    if (!may_have(state, count, key, share, 1))
        return CHAT_PLACE_SHARE;
    for (int i = 0; i < count; i++) {
        if (at(state, i) || !change(state, i, 0, holder))
            continue;
        /* others of the key may have come meanwhile */
        if (may_have(state, count, key, share, 0))
            return i;
        change(state, i, holder, 0);
        return CHAT_PLACE_SHARE;
    }
    return -1;
}

int chat_realtime_state_enter(chat_realtime_state_t *state, int count, apr_uint64_t key,
                              int share)
{
    int place = enter(state, count, key, share);
    if (place >= 0)
        return place;
    clean(state, count);
    return enter(state, count, key, share);
}

void chat_realtime_state_leave(chat_realtime_state_t *state, int place)
{
    __atomic_store_n(&state->places[place], 0, __ATOMIC_SEQ_CST);
}

int chat_realtime_state_held(const chat_realtime_state_t *state)
{
    int n = 0;
    for (int i = 0; i < CHAT_PLACES_MAX; i++)
        n += at(state, i) != 0;
    return n;
}

/* A line with which another one shares its slot is left out: so many at most. */
int chat_realtime_state_first(chat_realtime_state_t *state, const char *text)
{
    apr_uint64_t minute = (apr_uint64_t)(apr_time_sec(apr_time_now()) / 60);
    apr_uint64_t *line = &state->lines[hash(text) % CHAT_LINES_MAX];
    apr_uint64_t before = __atomic_load_n(line, __ATOMIC_RELAXED);
    return before != minute &&
           __atomic_compare_exchange_n(line, &before, minute, 0, __ATOMIC_RELAXED,
                                       __ATOMIC_RELAXED);
}
