/* SPDX-License-Identifier: Apache-2.0
 * watchdog.h - ends waits for a server that is silent. Private to the store.
 */
#ifndef CHAT_STORE_WATCHDOG_H
#define CHAT_STORE_WATCHDOG_H

#include <apr_pools.h>
#include <apr_time.h>

typedef struct chat_watchdog_t chat_watchdog_t;

/* A socket that is used until a time; lives with its user. */
typedef struct chat_watch_t {
    int fd;           /* a duplicate: the user may close the socket meanwhile */
    apr_time_t until; /* in the time of chat_clock_steady */
    int ended;        /* its time had passed */
    struct chat_watch_t *next;
} chat_watch_t;

/* A thread that lives as long as POOL; not before a fork. */
apr_status_t chat_watchdog_create(chat_watchdog_t **out, apr_pool_t *pool);

/* Shuts the socket FD down, at most a fifth of a second after UNTIL, so that who
 * waits for it finds it closed. */
void chat_watchdog_arm(chat_watchdog_t *dog, chat_watch_t *watch, int fd,
                       apr_time_t until);
/* Leaves the socket alone from now on; does nothing for a watch that is not armed. */
void chat_watchdog_disarm(chat_watchdog_t *dog, chat_watch_t *watch);

#endif
