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

apr_status_t chat_quota_ask(const chat_quota_t *q, chat_call_t *c,
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

apr_status_t chat_quota_take(const chat_quota_t *q, chat_call_t *c,
                             chat_problem_code_t code)
{
    apr_int64_t wait = 0;
    for (int i = 0; i < q->n; i++) {
        if (chat_limit_take(c->site->limits, q->key[i], &q->rule[i], c->now, &wait))
            continue;
        give_back(q, c, i);
        return chat_refuse_number(&c->problem, code, wait);
    }
    return APR_SUCCESS;
}

void chat_quota_return(const chat_quota_t *q, const chat_call_t *c)
{
    give_back(q, c, q->n);
}

void chat_quota_clear(const chat_quota_t *q, const chat_call_t *c)
{
    for (int i = 0; i < q->n; i++)
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
    counted = chat_quota_take(&q, c, CHAT_P_THROTTLED);
    return counted == APR_SUCCESS ? rv : counted;
}
