/* SPDX-License-Identifier: Apache-2.0 */
/* Refusals, limits and events of one request. */
#include "core/call.h"

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

static apr_uint64_t limit_key(chat_call_t *c, chat_limit_kind_t kind, const char *who)
{
    const char *text = apr_psprintf(c->pool, "%d %d %s", (int)kind, (int)c->dialect, who);
    return chat_hash_short(&c->site->secret, text, strlen(text));
}

apr_status_t chat_call_limit(chat_call_t *c, chat_limit_kind_t kind, const char *who)
{
    const chat_rule_t *rule = &c->settings->limits[c->dialect][kind];
    apr_int64_t wait = 0;
    if (!c->site->limits || !rule->count)
        return APR_SUCCESS;
    if (chat_limit_take(c->site->limits, limit_key(c, kind, who), rule, c->now, &wait))
        return APR_SUCCESS;
    return chat_refuse_number(&c->problem, CHAT_P_RATE, wait);
}

void chat_call_unlimit(chat_call_t *c, chat_limit_kind_t kind, const char *who)
{
    const chat_rule_t *rule = &c->settings->limits[c->dialect][kind];
    if (c->site->limits && rule->count)
        chat_limit_return(c->site->limits, limit_key(c, kind, who), rule, c->now);
}

apr_status_t chat_event_add(chat_tx_t *tx, apr_int64_t room, chat_event_t *e)
{
    apr_int64_t number;
    apr_status_t rv = chat_tx_number(&number, &e->created, tx, room);
    if (rv != APR_SUCCESS)
        return rv;
    e->id = CHAT_ROW_ID(room, number);
    return chat_event_insert(tx, e);
}

void chat_event_hint(const chat_call_t *c, apr_int64_t room)
{
    if (c->site->hint)
        c->site->hint(c->site->hint_baton, room);
}
