/* SPDX-License-Identifier: Apache-2.0 */
#include "core/call.h"

#include <apr_strings.h>
#include <string.h>

const char *chat_limit_name(chat_limit_kind_t kind)
{
    static const char *const names[CHAT_LIMIT_KINDS] = {
        [CHAT_LIMIT_REQUESTS] = "requests",
        [CHAT_LIMIT_SENDS] = "sends",
        [CHAT_LIMIT_REGISTRATIONS] = "registrations",
        [CHAT_LIMIT_LOGINS] = "logins",
    };
    return names[kind];
}

void chat_settings_default(chat_settings_t *s)
{
    static const chat_rule_t defaults[CHAT_LIMIT_KINDS] = {
        [CHAT_LIMIT_REQUESTS] = {0, 1},
        [CHAT_LIMIT_SENDS] = {600, 60},
        [CHAT_LIMIT_REGISTRATIONS] = {60, 3600},
        [CHAT_LIMIT_LOGINS] = {11, 3600},
    };
    memset(s, 0, sizeof(*s));
    s->room = 1;
    s->max_message = 65536;
    s->registration = CHAT_REGISTRATION_OPEN;
    for (int d = 0; d < CHAT_DIALECTS; d++)
        memcpy(s->limits[d], defaults, sizeof(defaults));
    s->limits[CHAT_TEENDEVOPS][CHAT_LIMIT_REQUESTS] = (chat_rule_t){600, 3600};
}

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
