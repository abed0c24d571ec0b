/* SPDX-License-Identifier: Apache-2.0 */
/* Counters of accounts, addresses and networks that one event meets together. */
#include "core/quota.h"

#include "base/address.h"
#include "base/bounds.h"

#include <apr_strings.h>
#include <string.h>

void chat_quota_add(chat_quota_t *q, const chat_call_t *c, const char *what,
                    chat_rule_t rule)
{
    if (!c->site->limits || !rule.count || q->n == CHAT_QUOTA_MAX)
        return;
    q->key[q->n] = chat_hash_short(&c->site->secret, what, strlen(what));
    q->rule[q->n++] = rule;
}

void chat_quota_add_address(chat_quota_t *q, const chat_call_t *c, const char *what,
                            chat_rule_t rule, int wide)
{
    char network[CHAT_ADDRESS_SIZE];
    chat_quota_add(q, c, apr_pstrcat(c->pool, what, "\n", c->address, NULL), rule);
    if (!chat_address_network(network, c->address))
        return;
    rule.count *= wide;
    chat_quota_add(q, c, apr_pstrcat(c->pool, what, "\n", network, NULL), rule);
}

void chat_quota_share(chat_quota_t *q, const chat_call_t *c)
{
    q->shared = q->n && chat_store_shared(c->site->store);
}

void chat_quota_join(chat_quota_t *q, const chat_call_t *c)
{
    q->joint = c->site->joint != NULL;
}

/* ---- in the database ---- */

typedef struct rows_t {
    const chat_quota_t *quota;
    apr_status_t (*work)(apr_int64_t *wait, chat_tx_t *tx, const chat_rate_t *rate);
    apr_int64_t wait; /* of the first counter that has no room */
} rows_t;

static apr_status_t return_row(apr_int64_t *wait, chat_tx_t *tx, const chat_rate_t *rate)
{
    *wait = 0;
    return chat_rate_return(tx, rate);
}

static apr_status_t clear_row(apr_int64_t *wait, chat_tx_t *tx, const chat_rate_t *rate)
{
    *wait = 0;
    return chat_rate_clear(tx, rate);
}

static apr_status_t each_row(chat_tx_t *tx, void *baton)
{
    rows_t *r = baton;
    const chat_quota_t *q = r->quota;
    apr_status_t rv = APR_SUCCESS;
    r->wait = 0;
    for (int i = 0; i < q->n && rv == APR_SUCCESS && !r->wait; i++) {
        const chat_rate_t rate = chat_limit_rate(q->key[i], &q->rule[i]);
        rv = r->work(&r->wait, tx, &rate);
    }
    return rv == APR_SUCCESS && r->wait ? CHAT_REFUSED : rv;
}

static apr_status_t ask_rows(const chat_quota_t *q, chat_call_t *c,
                             chat_problem_code_t code)
{
    rows_t r = {q, chat_rate_ask, 0};
    apr_status_t rv = chat_store_read(c->site->store, each_row, &r);
    return rv == CHAT_REFUSED ? chat_refuse_number(&c->problem, code, r.wait) : rv;
}

static apr_status_t take_rows(const chat_quota_t *q, chat_call_t *c,
                              chat_problem_code_t code)
{
    rows_t r = {q, chat_rate_take, 0};
    apr_status_t rv = chat_store_write(c->site->store, each_row, &r);
    return rv == CHAT_REFUSED ? chat_refuse_number(&c->problem, code, r.wait) : rv;
}

/* ---- in memory ---- */

static apr_status_t ask_memory(const chat_quota_t *q, chat_call_t *c,
                               chat_problem_code_t code)
{
    apr_int64_t wait = 0;
    for (int i = 0; i < q->n; i++) {
        if (!chat_limit_ask(c->site->limits, q->key[i], &q->rule[i], c->now, &wait))
            return chat_refuse_number(&c->problem, code, wait);
    }
    return APR_SUCCESS;
}

static void give_back(const chat_quota_t *q, const chat_call_t *c, int n)
{
    while (n--)
        chat_limit_return(c->site->limits, q->key[n], &q->rule[n], c->now);
}

static apr_status_t take_memory(const chat_quota_t *q, chat_call_t *c,
                                chat_problem_code_t code)
{
    chat_limits_t *l = q->joint ? c->site->joint : c->site->limits;
    apr_int64_t wait = 0;
    for (int i = 0; i < q->n; i++) {
        if (chat_limit_take(l, q->key[i], &q->rule[i], c->now, &wait))
            continue;
        give_back(q, c, i);
        return chat_refuse_number(&c->problem, code, wait);
    }
    return APR_SUCCESS;
}

/* ---- where a quota counts ---- */

apr_status_t chat_quota_ask(const chat_quota_t *q, chat_call_t *c,
                            chat_problem_code_t code)
{
    return q->shared ? ask_rows(q, c, code) : ask_memory(q, c, code);
}

apr_status_t chat_quota_take(const chat_quota_t *q, chat_call_t *c,
                             chat_problem_code_t code)
{
    return q->shared ? take_rows(q, c, code) : take_memory(q, c, code);
}

void chat_quota_return(const chat_quota_t *q, const chat_call_t *c)
{
    rows_t r = {q, return_row, 0};
    if (q->shared)
        chat_store_write(c->site->store, each_row, &r);
    else
        give_back(q, c, q->n);
}

void chat_quota_clear(const chat_quota_t *q, const chat_call_t *c)
{
    rows_t r = {q, clear_row, 0};
    if (q->shared)
        chat_store_write(c->site->store, each_row, &r);
    for (int i = 0; i < q->n && !q->shared; i++)
        chat_limit_clear(c->site->limits, q->key[i], &q->rule[i]);
}

int chat_quota_note(const chat_call_t *c, int id)
{
    chat_rule_t rule = {CHAT_NOTES_PER_ADDRESS, CHAT_NOTES_SECONDS, 1};
    chat_quota_t q = {0};
    chat_call_t mine = *c; /* its refusal is not the call's problem */
    chat_quota_add_address(&q, c, apr_psprintf(c->pool, "note %d", id), rule, CHAT_WIDE);
    return c->client && chat_quota_take(&q, &mine, CHAT_P_RATE) == APR_SUCCESS;
}

apr_status_t chat_quota_probe(chat_call_t *c, apr_status_t rv)
{
    chat_quota_t q = {0};
    chat_rule_t rule = c->settings->limits[c->dialect][CHAT_LIMIT_LOGINS];
    apr_status_t counted;
    if (rule.count)
        rule.count = CHAT_PROBES_PER_ADDRESS;
    chat_quota_add_address(&q, c, "names", rule, CHAT_WIDE);
    chat_quota_join(&q, c);
    counted = chat_quota_take(&q, c, CHAT_P_THROTTLED);
    return counted == APR_SUCCESS ? rv : counted;
}
