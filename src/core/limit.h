/* SPDX-License-Identifier: Apache-2.0
 * limit.h - how often something may happen: exact sliding windows in a bounded table.
 *
 * The table is one block of memory, shared by all children in httpd and kept over
 * graceful restarts. A window is counted in 60 parts, the oldest part as a whole, so in
 * no window of the rule's length are more than COUNT events accepted; the room that an
 * old part frees comes at most 1/59 of the window late. Refused events are not counted.
 * One key under rules with different windows is counted for each window.
 *
 * When the table is full the entry that matters least is dropped: one whose events have
 * all left the window, else the one with the smallest share of its rule used, the longest
 * idle first. So a flood of new keys drops keys with few events and not those near a
 * limit.
 */
#ifndef CHAT_CORE_LIMIT_H
#define CHAT_CORE_LIMIT_H

#include "store/rate.h"

#include <apr_pools.h>
#include <apr_time.h>

typedef struct chat_limits_t chat_limits_t;

/* COUNT events in SECONDS; count 0 switches the rule off. */
typedef struct chat_rule_t {
    apr_int32_t count;
    apr_int32_t seconds;
    apr_int32_t weight; /* events of one call; 0: one. More than COUNT counts as
                           COUNT */
} chat_rule_t;

/* Counters of one event, counted all or not at all; all zero at first. Empty: nothing is
 * limited. core/quota.h has its functions. */
#define CHAT_QUOTA_MAX 8
typedef struct chat_quota_t {
    int n;
    int shared; /* counted in the database, by all machines together */
    int joint;  /* counted by each machine, which tells the others */
    apr_uint64_t key[CHAT_QUOTA_MAX];
    chat_rule_t rule[CHAT_QUOTA_MAX];
} chat_quota_t;

/* What guards the table across processes; both NULL for a private one. */
typedef struct chat_limits_lock_t {
    void (*lock)(void *baton);
    void (*unlock)(void *baton);
    void *baton;
} chat_limits_lock_t;

/* Bytes of a table of ENTRIES. */
apr_size_t chat_limits_size(apr_size_t entries);
/* Uses BLOCK, SIZE bytes; FRESH clears it first, else its content is kept. */
chat_limits_t *chat_limits_create(void *block, apr_size_t size, int fresh,
                                  const chat_limits_lock_t *lock, apr_pool_t *pool);

/* Counts one event under KEY (a 64-bit hash of what is limited) unless the rule is used
 * up; returns 1, or 0 with *WAIT = seconds until the next is accepted. */
int chat_limit_take(chat_limits_t *l, apr_uint64_t key, const chat_rule_t *rule,
                    apr_time_t now, apr_int64_t *wait);
/* The same question without counting. */
int chat_limit_ask(chat_limits_t *l, apr_uint64_t key, const chat_rule_t *rule,
                   apr_time_t now, apr_int64_t *wait);
/* Undoes the newest events of one call. */
void chat_limit_return(chat_limits_t *l, apr_uint64_t key, const chat_rule_t *rule,
                       apr_time_t now);
void chat_limit_clear(chat_limits_t *l, apr_uint64_t key, const chat_rule_t *rule);

/* The table L for what machines count together: several times a second each one tells
 * the others what it counted, and hears what they did. GROUP is a number of those
 * machines, not 0. */
chat_limits_t *chat_limits_joint(const chat_limits_t *l, apr_uint32_t group,
                                 apr_pool_t *pool);
/* Keys of the group that changed since they were told, and have used a part of their
 * rule or were told of by others; up to MAX, at least 8: the rest is for the next call,
 * of one thread. */
int chat_limits_tell(chat_rate_told_t *rows, int max, chat_limits_t *l, apr_time_t now);
/* The others can read ROWS. */
void chat_limits_told(chat_limits_t *l, const chat_rate_told_t *rows, int n);
/* What all others together have counted of each key in ROWS. */
void chat_limits_hear(chat_limits_t *l, const chat_rate_told_t *rows, int n,
                      apr_time_t now);

/* KEY under RULE as the database counts it. */
chat_rate_t chat_limit_rate(apr_uint64_t key, const chat_rule_t *rule);

/* ADDRESS as it is counted: IPv4 whole, also when mapped into IPv6; IPv6 by its /64. */
const char *chat_limit_address(const char *address, apr_pool_t *pool);

#endif
