/* SPDX-License-Identifier: Apache-2.0 */
#include "options.h"

#include <apr_strings.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The option that ARG names, and where its "=" stands, if it has one. */
static const chatctl_option_t *find(const char *arg, const char **equals,
                                    const chatctl_option_t *const *tables)
{
    apr_size_t len = strcspn(arg, "=");
    *equals = arg[len] ? arg + len : NULL;
    for (; *tables; tables++)
        for (const chatctl_option_t *o = *tables; o->name; o++)
            if (strlen(o->name) == len && !strncmp(o->name, arg, len))
                return o;
    return NULL;
}

static const char *number(long *out, const chatctl_option_t *o, const char *text,
                          apr_pool_t *pool)
{
    char *end;
    errno = 0;
    *out = strtol(text, &end, 10);
    if (errno || end == text || *end || *out < 0)
        return apr_pstrcat(pool, o->name, " takes a whole number, not '", text, "'",
                           NULL);
    return NULL;
}

static const char *store(const chatctl_option_t *o, const char *text, apr_pool_t *pool)
{
    apr_array_header_t **list = o->value;
    switch (o->kind) {
    case CHATCTL_NUMBER:
        return number(o->value, o, text, pool);
    case CHATCTL_LIST:
        if (!*list)
            *list = apr_array_make(pool, 2, sizeof(const char *));
        APR_ARRAY_PUSH(*list, const char *) = text;
        return NULL;
    default:
        *(const char **)o->value = text;
        return NULL;
    }
}

const char *chatctl_option_take(const char *const **argv,
                                const chatctl_option_t *const *tables, apr_pool_t *pool)
{
    const char *arg = *(*argv)++;
    const char *equals;
    const chatctl_option_t *o = find(arg, &equals, tables);
    if (!o)
        return apr_pstrcat(pool, "there is no option ", arg, NULL);
    if (o->kind == CHATCTL_FLAG) {
        if (equals)
            return apr_pstrcat(pool, o->name, " takes no value", NULL);
        *(int *)o->value = 1;
        return NULL;
    }
    if (equals)
        return store(o, equals + 1, pool);
    if (!**argv)
        return apr_pstrcat(pool, o->name, " needs a value", NULL);
    return store(o, *(*argv)++, pool);
}
