/* SPDX-License-Identifier: Apache-2.0 */
/* Configuration of servers and directories: defaults and merge. */
#include "httpd/config/config.h"

apr_int64_t chat_span_longer(apr_int64_t a, apr_int64_t b)
{
    if (a == CHAT_UNSET || b == CHAT_UNSET)
        return a == CHAT_UNSET ? b : a;
    if (a == 0 || b == 0)
        return 0;
    return a > b ? a : b;
}

/* ---- kinds: how a member begins, how a later value replaces it ---- */

#define flag_unset CHAT_UNSET
#define number_unset CHAT_UNSET
#define longest_unset CHAT_UNSET
#define text_unset NULL
#define list_unset NULL
#define mounts_unset NULL
#define rules_unset rules_none()

#define flag_merge(pool, base, add) ((add) != CHAT_UNSET ? (add) : (base))
#define number_merge(pool, base, add) flag_merge(pool, base, add)
#define longest_merge(pool, base, add) chat_span_longer(base, add)
#define text_merge(pool, base, add) ((add) ? (add) : (base))
#define list_merge(pool, base, add) text_merge(pool, base, add)
#define rules_merge(pool, base, add) rules_later(base, add)

static int mounts_name(const apr_array_header_t *list, const chat_dialect_t *dialect)
{
    for (int i = 0; i < list->nelts; i++) {
        if (APR_ARRAY_IDX(list, i, chat_prefix_t).dialect == dialect)
            return 1;
    }
    return 0;
}

/* A host that mounts one dialect leaves the others, so their inherited lines still apply.
 */
static apr_array_header_t *mounts_merge(apr_pool_t *pool, apr_array_header_t *base,
                                        apr_array_header_t *add)
{
    apr_array_header_t *out;
    if (!base || !add)
        return add ? add : base;
    out = apr_array_copy(pool, add);
    for (int i = 0; i < base->nelts; i++) {
        const chat_prefix_t *p = &APR_ARRAY_IDX(base, i, chat_prefix_t);
        if (!mounts_name(add, p->dialect))
            APR_ARRAY_PUSH(out, chat_prefix_t) = *p;
    }
    return out;
}

static chat_rules_t rules_none(void)
{
    chat_rules_t rules;
    for (int d = 0; d < CHAT_DIALECTS; d++) {
        for (int k = 0; k < CHAT_LIMIT_KINDS; k++) {
            rules.of[d][k] = (chat_rule_t){.count = CHAT_UNSET};
        }
    }
    return rules;
}

static chat_rules_t rules_later(chat_rules_t base, chat_rules_t add)
{
    for (int d = 0; d < CHAT_DIALECTS; d++) {
        for (int k = 0; k < CHAT_LIMIT_KINDS; k++) {
            if (add.of[d][k].count != CHAT_UNSET)
                base.of[d][k] = add.of[d][k];
        }
    }
    return base;
}

/* ---- the tighter of two values that are both set ---- */

static apr_int64_t smaller(apr_int64_t a, apr_int64_t b)
{
    return a < b ? a : b;
}

static apr_int64_t greater(apr_int64_t a, apr_int64_t b)
{
    return a > b ? a : b;
}

static apr_int64_t ends(apr_int64_t a, apr_int64_t b)
{
    if (a == 0 || b == 0)
        return a + b;
    return smaller(a, b);
}

/* With unequal windows neither rule need imply the other; the smaller count in the longer
 * window implies both. */
static chat_rule_t rule_tighter(chat_rule_t a, chat_rule_t b)
{
    chat_rule_t out = {0};
    if (a.count == 0 || b.count == 0)
        return a.count == 0 ? b : a;
    out.count = a.count < b.count ? a.count : b.count;
    out.seconds = a.seconds > b.seconds ? a.seconds : b.seconds;
    return out;
}

static chat_rules_t rules_tighter(chat_rules_t a, chat_rules_t b)
{
    for (int d = 0; d < CHAT_DIALECTS; d++) {
        for (int k = 0; k < CHAT_LIMIT_KINDS; k++) {
            chat_rule_t *out = &a.of[d][k], other = b.of[d][k];
            if (out->count == CHAT_UNSET)
                *out = other;
            else if (other.count != CHAT_UNSET)
                *out = rule_tighter(*out, other);
        }
    }
    return a;
}

#define number_tighten(a, b, tighter) \
    ((a) == CHAT_UNSET ? (b) : (b) == CHAT_UNSET ? (a) : tighter(a, b))
#define rules_tighten(a, b, tighter) tighter(a, b)

/* ---- per server ---- */

void *chat_config_server_create(apr_pool_t *pool, server_rec *s)
{
    chat_server_conf_t *conf = apr_pcalloc(pool, sizeof(*conf));
    (void)s;
#define CREATE(kind, member) conf->member = kind##_unset;
#define CREATE_ROW(name, setter, how, where, kind, member, ...) CREATE(kind, member)
    CHAT_SERVER_DIRECTIVES(CREATE_ROW)
    CHAT_SERVER_MORE(CREATE)
    return conf;
}

void *chat_config_server_merge(apr_pool_t *pool, void *basev, void *addv)
{
    chat_server_conf_t *base = basev, *add = addv;
    chat_server_conf_t *conf = apr_pcalloc(pool, sizeof(*conf));
#define MERGE(kind, member) conf->member = kind##_merge(pool, base->member, add->member);
#define MERGE_ROW(name, setter, how, where, kind, member, ...) MERGE(kind, member)
    CHAT_SERVER_DIRECTIVES(MERGE_ROW)
    CHAT_SERVER_MORE(MERGE)
    return conf;
}

/* ---- per directory ---- */

static void levels_create(chat_levels_t *levels)
{
#define CREATE_LEVEL(name, setter, how, where, kind, member, ...) \
    levels->member = kind##_unset;
    CHAT_PLACE_DIRECTIVES(CREATE_LEVEL)
}

static void levels_merge(chat_levels_t *out, const chat_levels_t *base,
                         const chat_levels_t *add)
{
#define MERGE_LEVEL(name, setter, how, where, kind, member, ...) \
    out->member = kind##_merge(NULL, base->member, add->member);
    CHAT_PLACE_DIRECTIVES(MERGE_LEVEL)
}

static void levels_tighten(chat_levels_t *out, const chat_levels_t *a,
                           const chat_levels_t *b)
{
#define TIGHTEN(name, setter, how, where, kind, member, min, max, words, def, chatd, \
                help, tighter)                                                       \
    out->member = kind##_tighten(a->member, b->member, tighter);
    CHAT_PLACE_DIRECTIVES(TIGHTEN)
}

void *chat_config_dir_create(apr_pool_t *pool, char *dir)
{
    chat_dir_conf_t *conf = apr_pcalloc(pool, sizeof(*conf));
    levels_create(&conf->own);
    levels_create(&conf->cap);
    conf->dir = dir;
    return conf;
}

void *chat_config_dir_merge(apr_pool_t *pool, void *basev, void *addv)
{
    chat_dir_conf_t *base = basev, *add = addv;
    chat_dir_conf_t *conf = apr_pcalloc(pool, sizeof(*conf));
    const chat_dir_conf_t *api = add->dialects ? add : base;
    levels_merge(&conf->own, &base->own, &add->own);
    levels_tighten(&conf->cap, &base->cap, &add->cap);
    conf->dir = api->dir;
    conf->dialects = api->dialects;
    return conf;
}

void chat_config_settings(chat_settings_t *out, const chat_dir_conf_t *conf)
{
    chat_levels_t levels;
    levels_tighten(&levels, &conf->own, &conf->cap);

    out->room = levels.room;
    out->max_message = (apr_size_t)levels.max_message;
    out->registration = (chat_registration_t)levels.registration;
    out->trust_remote_user = (int)levels.trust_remote_user;
    out->session_lifetime = levels.session_lifetime;
    memcpy(out->limits, levels.limits.of, sizeof(out->limits));
}
