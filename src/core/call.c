/* SPDX-License-Identifier: Apache-2.0 */
/* Refusals, limits and events of one request. */
#include "core/call.h"

#include "base/bounds.h"
#include "core/quota.h"
#include "store/chatroom_counter.h"

#include <apr_strings.h>
#include <string.h>

apr_status_t chat_call_refuse(chat_call_t *c, chat_problem_code_t code, const char *field)
{
    return chat_refuse(&c->problem, code, field, NULL);
}

apr_status_t chat_call_refuse_detail(chat_call_t *c, chat_problem_code_t code,
                                     const char *field, const char *detail)
{
    return chat_refuse(&c->problem, code, field, detail);
}

void chat_call_refuse_origin(const chat_call_t *c, const char *stranger)
{
    if (chat_quota_note(c, 223))
        chat_log(&c->site->log, CHAT_LOG_NOTICE, 223, APR_SUCCESS,
                 "refused the cookie of a foreign page from %s: %s", c->client, stranger);
}

apr_status_t chat_call_read(const chat_call_t *c, int kind, apr_status_t rv)
{
    if (rv == APR_SUCCESS)
        CHAT_COUNT(c->site->metrics, reads, kind);
    return rv;
}

/* Remembers what was counted. An event through any dialect counts for the same account or
 * address. */
static void note_counted(chat_call_t *c, chat_limit_kind_t kind, const chat_quota_t *q)
{
    c->limited |= 1u << kind;
    c->counted.shared |= q->shared;
    for (int i = 0; i < q->n && c->counted.n < CHAT_QUOTA_MAX; i++) {
        c->counted.key[c->counted.n] = q->key[i];
        c->counted.rule[c->counted.n++] = q->rule[i];
    }
}

/* Counts in the memory of this machine, which is the first sieve, and in the database. */
static apr_status_t take_everywhere(chat_call_t *c, chat_quota_t *q)
{
    chat_quota_t all = *q;
    apr_status_t rv = chat_quota_take(q, c, CHAT_P_RATE);
    if (rv != APR_SUCCESS)
        return rv;
    chat_quota_share(&all, c);
    if (all.shared)
        rv = chat_quota_take(&all, c, CHAT_P_RATE);
    if (rv != APR_SUCCESS)
        chat_quota_return(q, c);
    *q = all;
    return rv;
}

apr_status_t chat_call_begin(chat_tx_t **tx, const chat_call_t *c)
{
    return chat_store_begin(tx, c->site->store, c->pool);
}

int chat_call_young(const chat_call_t *c, apr_time_t created)
{
    return created > c->now - apr_time_from_sec(CHAT_YOUNG_SECONDS);
}

apr_status_t chat_call_limit(chat_call_t *c, chat_limit_kind_t kind)
{
    chat_quota_t q = {0};
    const char *what = chat_limit_name(kind);
    const chat_rule_t *rule = &c->settings->limits[c->dialect][kind];
    apr_status_t rv;
    if (c->limited & 1u << kind || (kind == CHAT_LIMIT_REQUESTS && !rule->count))
        return APR_SUCCESS;
    if (kind == CHAT_LIMIT_REQUESTS)
        what = apr_psprintf(c->pool, "%s %d", what, (int)c->dialect);
    chat_quota_add_address(&q, c, what, *rule, CHAT_WIDE);
    rv = take_everywhere(c, &q);
    if (rv == APR_SUCCESS && kind != CHAT_LIMIT_REQUESTS)
        note_counted(c, kind, &q);
    return rv;
}

apr_status_t chat_call_limit_account(chat_call_t *c, chat_limit_kind_t kind,
                                     apr_int64_t account, apr_size_t bytes)
{
    chat_quota_t q = {0};
    chat_rule_t rule = c->settings->limits[c->dialect][kind];
    const char *what = chat_limit_name(kind);
    apr_status_t rv;
    if (c->limited & 1u << kind)
        return APR_SUCCESS;
    if (c->guest && rule.count)
        rule.count = (rule.count + CHAT_GUEST_PART - 1) / CHAT_GUEST_PART;
    if (kind == CHAT_LIMIT_KILOBYTES)
        rule.weight = (apr_int32_t)((bytes + CHAT_ROW_BYTES + 1023) / 1024);
    chat_quota_add(&q, c, apr_psprintf(c->pool, "%s %" APR_INT64_T_FMT, what, account),
                   rule);
    rule.count *= CHAT_WRITERS_PER_ADDRESS;
    chat_quota_add_address(&q, c, what, rule, CHAT_WIDE);
    chat_quota_join(&q, c);
    rv = chat_quota_take(&q, c, CHAT_P_RATE);
    if (rv == APR_SUCCESS)
        note_counted(c, kind, &q);
    return rv;
}

void chat_call_unlimit(chat_call_t *c)
{
    if (c->counted.shared)
        chat_quota_return(&c->counted, c);
    c->counted.shared = 0;
    chat_quota_return(&c->counted, c);
    c->counted.n = 0;
    c->limited = 0;
}

apr_status_t chat_event_number(chat_tx_t *tx, apr_int64_t room, chat_event_t *e)
{
    apr_int64_t number;
    apr_status_t rv = chat_tx_number(&number, &e->created, tx, room);
    if (rv == APR_SUCCESS)
        e->id = CHAT_ROW_ID(room, number);
    return rv;
}

apr_status_t chat_event_add(chat_tx_t *tx, apr_int64_t room, chat_event_t *e)
{
    apr_status_t rv = chat_event_number(tx, room, e);
    return rv == APR_SUCCESS ? chat_event_insert(tx, e) : rv;
}

void chat_event_hint(const chat_call_t *c, apr_int64_t room)
{
    if (c->site->hint &&
        (room == CHAT_HINT_OUTBOX || chat_store_news(c->site->store, room)))
        c->site->hint(c->site->hint_baton, room);
}
