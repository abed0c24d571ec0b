/* SPDX-License-Identifier: Apache-2.0 */
/* Sliding windows in a bounded table. */
#include "core/limit.h"

#include "base/address.h"

#include <apr_strings.h>
#include <string.h>

/* A set holds the entries of keys with equal low bits; a full one gives up its least. */
#define WAYS 8
#define PARTS CHAT_RATE_PARTS
/* Of a rule: from so much on a machine tells the others, unless they told it first. */
#define TOLD_PART 16
/* Sets that are looked at for what is to be told while the lock is held. */
#define SETS_AT_ONCE 32

/* Times are counted in parts of the rule's window, so one entry serves one window. */
typedef struct entry_t {
    apr_uint64_t key;   /* 0: free */
    apr_int64_t newest; /* number of the part at `head` */
    apr_int64_t used;   /* when it was last asked for, microseconds */
    apr_int64_t until;  /* when its last event has left the window, microseconds */
    apr_int64_t length; /* of a part, microseconds */
    apr_uint32_t total;
    apr_uint32_t others; /* what other machines told of */
    apr_uint32_t count;  /* of the rule it was last asked under */
    apr_uint32_t group;  /* of the machines that count it together; 0: this one alone */
    apr_uint32_t untold; /* it has changed since the others were told */
    apr_uint32_t head;
    apr_uint16_t part[PARTS], far[PARTS]; /* events of this machine, of others */
} entry_t;

struct chat_limits_t {
    entry_t *entries;
    apr_size_t sets;
    apr_uint32_t group;
    apr_size_t next; /* set to look at for what is to be told */
    chat_limits_lock_t lock;
};

apr_size_t chat_limits_size(apr_size_t entries)
{
    return (entries + WAYS - 1) / WAYS * WAYS * sizeof(entry_t);
}

chat_limits_t *chat_limits_create(void *block, apr_size_t size, int fresh,
                                  const chat_limits_lock_t *lock, apr_pool_t *pool)
{
    chat_limits_t *l = apr_pcalloc(pool, sizeof(*l));
    if (fresh)
        memset(block, 0, size);
    l->entries = block;
    l->sets = size / sizeof(entry_t) / WAYS;
    if (lock)
        l->lock = *lock;
    return l;
}

static void enter(chat_limits_t *l)
{
    if (l->lock.lock)
        l->lock.lock(l->lock.baton);
}

static void leave(chat_limits_t *l)
{
    if (l->lock.unlock)
        l->lock.unlock(l->lock.baton);
}

/* Drops the parts that left the window; the newest part then is NOW. */
static void advance(entry_t *e, apr_int64_t now)
{
    apr_int64_t steps = now - e->newest;
    /* a clock that was set back must not open the window again */
    if (steps <= 0)
        return;
    for (apr_int64_t i = 0; i < steps && i < PARTS && e->total + e->others; i++) {
        e->head = (e->head + 1) % PARTS;
        e->total -= e->part[e->head];
        e->others -= e->far[e->head];
        e->part[e->head] = e->far[e->head] = 0;
    }
    e->newest = now;
}

static entry_t *find(chat_limits_t *l, apr_uint64_t key)
{
    entry_t *set = l->entries + key % l->sets * WAYS;
    for (int i = 0; i < WAYS; i++) {
        if (set[i].key == key)
            return &set[i];
    }
    return NULL;
}

/* Whether A, rather than B, is to go when one must: the smaller share of its rule is
 * used, or the same and it is idle for longer. */
static int matters_less(const entry_t *a, const entry_t *b)
{
    apr_uint64_t x = ((apr_uint64_t)a->total + a->others) * b->count;
    apr_uint64_t y = ((apr_uint64_t)b->total + b->others) * a->count;
    return x < y || (x == y && a->used < b->used);
}

static entry_t *make(chat_limits_t *l, apr_uint64_t key, apr_int64_t length,
                     apr_time_t now)
{
    entry_t *set = l->entries + key % l->sets * WAYS;
    entry_t *least = set;
    for (int i = 0; i < WAYS; i++) {
        entry_t *e = &set[i];
        if (!e->key || e->until <= now) {
            least = e;
            break;
        }
        if (matters_less(e, least))
            least = e;
    }
    memset(least, 0, sizeof(*least));
    least->key = key;
    least->length = length;
    least->newest = now / length;
    return least;
}

/* The window is all parts but the newest, which has only begun: rounded up, so that it is
 * never shorter. */
static apr_int64_t part_length(const chat_rule_t *rule)
{
    apr_int64_t length = (apr_time_from_sec(rule->seconds) + PARTS - 2) / (PARTS - 1);
    return length ? length : 1;
}

/* A window of another length is counted in an entry of its own: after a change of
 * configuration the parts of the old one would mean nothing. */
static apr_uint64_t key_of(apr_uint64_t key, const chat_rule_t *rule)
{
    key += (apr_uint64_t)rule->seconds * APR_UINT64_C(0x9e3779b97f4a7c15);
    return key ? key : 1;
}

static apr_uint32_t weight_of(const chat_rule_t *rule)
{
    apr_int32_t weight = rule->weight > 0 ? rule->weight : 1;
    return (apr_uint32_t)(weight < rule->count ? weight : rule->count);
}

/* Seconds until enough parts have left the window for one more call. */
static apr_int64_t wait_for(const entry_t *e, const chat_rule_t *rule, apr_time_t now)
{
    apr_int64_t length = part_length(rule);
    apr_uint32_t left = e->total + e->others;
    int steps = 0;
    while (steps < PARTS && left + weight_of(rule) > (apr_uint32_t)rule->count) {
        steps++;
        left -= e->part[(e->head + steps) % PARTS] + e->far[(e->head + steps) % PARTS];
    }
    return ((e->newest + steps) * length - now + APR_USEC_PER_SEC - 1) / APR_USEC_PER_SEC;
}

static int look(chat_limits_t *l, apr_uint64_t key, const chat_rule_t *rule,
                apr_time_t now, apr_int64_t *wait, int count)
{
    apr_int64_t length = part_length(rule);
    apr_uint32_t weight;
    entry_t *e;
    int free_room = 1;
    if (!rule->count)
        return 1;
    weight = weight_of(rule);
    key = key_of(key, rule);
    enter(l);
    e = find(l, key);
    if (!e && count)
        e = make(l, key, length, now);
    if (e) {
        advance(e, now / length);
        e->used = now;
        e->count = (apr_uint32_t)rule->count;
        free_room = e->total + e->others + weight <= (apr_uint32_t)rule->count &&
                    e->part[e->head] + weight <= 0xffff;
        if (free_room && count) {
            e->part[e->head] = (apr_uint16_t)(e->part[e->head] + weight);
            e->total += weight;
            e->until = (e->newest + PARTS) * length;
            e->group = l->group;
            e->untold = 1;
        }
        if (!free_room)
            *wait = wait_for(e, rule, now);
    }
    leave(l);
    if (!free_room && *wait < 1)
        *wait = 1;
    return free_room;
}

int chat_limit_take(chat_limits_t *l, apr_uint64_t key, const chat_rule_t *rule,
                    apr_time_t now, apr_int64_t *wait)
{
    return look(l, key, rule, now, wait, 1);
}

int chat_limit_ask(chat_limits_t *l, apr_uint64_t key, const chat_rule_t *rule,
                   apr_time_t now, apr_int64_t *wait)
{
    return look(l, key, rule, now, wait, 0);
}

void chat_limit_return(chat_limits_t *l, apr_uint64_t key, const chat_rule_t *rule,
                       apr_time_t now)
{
    apr_uint32_t left = weight_of(rule);
    entry_t *e;
    enter(l);
    e = find(l, key_of(key, rule));
    if (e) {
        advance(e, now / e->length);
        e->untold = 1;
        for (int i = 0; i < PARTS && left; i++) {
            apr_uint16_t *part = &e->part[(e->head + PARTS - i) % PARTS];
            apr_uint32_t taken = *part < left ? *part : left;
            *part = (apr_uint16_t)(*part - taken);
            e->total -= taken;
            left -= taken;
        }
    }
    leave(l);
}

void chat_limit_clear(chat_limits_t *l, apr_uint64_t key, const chat_rule_t *rule)
{
    entry_t *e;
    enter(l);
    e = find(l, key_of(key, rule));
    if (e)
        memset(e, 0, sizeof(*e));
    leave(l);
}

/* ---- several machines ---- */

chat_limits_t *chat_limits_joint(const chat_limits_t *l, apr_uint32_t group,
                                 apr_pool_t *pool)
{
    chat_limits_t *joint = apr_pmemdup(pool, l, sizeof(*l));
    joint->group = group;
    return joint;
}

static int is_due(const entry_t *e, apr_uint32_t group)
{
    return e->key && e->untold && e->group == group &&
           (e->others || (apr_uint64_t)e->total * TOLD_PART >= e->count);
}

/* How many ROWS the entries of SET gave. */
static int tell_set(chat_rate_told_t *rows, entry_t *set, apr_uint32_t group,
                    apr_time_t now)
{
    int n = 0;
    for (entry_t *e = set; e < set + WAYS; e++) {
        if (!is_due(e, group))
            continue;
        advance(e, now / e->length);
        rows[n] = (chat_rate_told_t){(apr_int64_t)e->key, e->length, e->count, {0}};
        for (apr_uint32_t i = 0; i < PARTS; i++)
            rows[n].part[i] = e->part[(e->head + PARTS - i) % PARTS];
        n++;
    }
    return n;
}

int chat_limits_tell(chat_rate_told_t *rows, int max, chat_limits_t *l, apr_time_t now)
{
    apr_size_t left = l->sets;
    int n = 0;
    while (left && n + WAYS <= max) {
        enter(l);
        for (int i = 0; i < SETS_AT_ONCE && left && n + WAYS <= max; i++, left--) {
            n += tell_set(rows + n, l->entries + l->next * WAYS, l->group, now);
            l->next = (l->next + 1) % l->sets;
        }
        leave(l);
    }
    return n;
}

void chat_limits_told(chat_limits_t *l, const chat_rate_told_t *rows, int n)
{
    enter(l);
    for (int i = 0; i < n; i++) {
        entry_t *e = find(l, (apr_uint64_t)rows[i].key);
        apr_uint32_t total = 0;
        for (int k = 0; k < PARTS; k++)
            total += rows[i].part[k];
        if (e && e->total == total)
            e->untold = 0;
    }
    leave(l);
}

void chat_limits_hear(chat_limits_t *l, const chat_rate_told_t *rows, int n,
                      apr_time_t now)
{
    enter(l);
    for (int i = 0; i < n; i++) {
        const chat_rate_told_t *row = &rows[i];
        entry_t *e = find(l, (apr_uint64_t)row->key);
        if (!e)
            e = make(l, (apr_uint64_t)row->key, row->length, now);
        advance(e, now / e->length);
        e->group = l->group;
        e->count = (apr_uint32_t)row->count;
        e->until = (e->newest + PARTS) * e->length;
        e->others = 0;
        for (apr_uint32_t k = 0; k < PARTS; k++) {
            e->far[(e->head + PARTS - k) % PARTS] = row->part[k];
            e->others += row->part[k];
        }
    }
    leave(l);
}

chat_rate_t chat_limit_rate(apr_uint64_t key, const chat_rule_t *rule)
{
    return (chat_rate_t){(apr_int64_t)key_of(key, rule), part_length(rule), rule->count,
                         weight_of(rule)};
}

const char *chat_limit_address(const char *address, apr_pool_t *pool)
{
    char *counted = apr_palloc(pool, CHAT_ADDRESS_SIZE);
    chat_address_counted(counted, address);
    return counted;
}
