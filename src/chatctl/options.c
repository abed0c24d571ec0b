/* SPDX-License-Identifier: Apache-2.0 */
/* Reader of the command line's options; apr_getopt_long has no kinds or lists. */
#include "options.h"

#include <apr_general.h>
#include <apr_strings.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

typedef enum kind_t {
    FLAG,   /* int, set to 1 */
    TEXT,   /* const char * */
    NUMBER, /* long, not negative */
    LIST    /* apr_array_header_t * of const char *, created by the first one */
} kind_t;

typedef struct option_t {
    const char *name;
    kind_t kind;
    apr_size_t at; /* of its member in chatctl_t */
    int anywhere;  /* every command accepts it */
} option_t;

#define MEMBER(name) APR_OFFSETOF(chatctl_t, name)

static const option_t options[] = {
    {"--state", TEXT, MEMBER(state), 1},
    {"--database", TEXT, MEMBER(database), 1},
    {"--conf", LIST, MEMBER(conf), 1},
    {"--json", FLAG, MEMBER(json), 1},
    {"--help", FLAG, MEMBER(help), 1},
    {"-h", FLAG, MEMBER(help), 1},
    {"--version", FLAG, MEMBER(version), 1},
    {"--room", NUMBER, MEMBER(room), 0},
    {"--rank", NUMBER, MEMBER(rank), 0},
    {"--email", TEXT, MEMBER(email), 0},
    {"--password-stdin", FLAG, MEMBER(password_stdin), 0},
    {"--description", TEXT, MEMBER(description), 0},
    {"--creator", TEXT, MEMBER(creator), 0},
    {"--channel", TEXT, MEMBER(channel), 0},
    {"--until", TEXT, MEMBER(until), 0},
    {"--since", TEXT, MEMBER(since), 0},
    {"--reason", TEXT, MEMBER(reason), 0},
    {"--from", TEXT, MEMBER(from), 0},
    {"--url", TEXT, MEMBER(url), 0},
    {"--offline", FLAG, MEMBER(offline), 0},
    {"--texts", FLAG, MEMBER(texts), 0},
    {"--all", FLAG, MEMBER(all), 0},
    {"--emergency", FLAG, MEMBER(emergency), 0},
    {"--closed", FLAG, MEMBER(closed), 0},
    {"--private", FLAG, MEMBER(private), 0},
    {"--person", FLAG, MEMBER(person), 0},
    {"--with-secret", FLAG, MEMBER(with_secret), 0},
    {"--port", NUMBER, MEMBER(port), 0},
    {"--tls-port", NUMBER, MEMBER(tls_port), 0},
    {"--bind", TEXT, MEMBER(bind), 0},
    {"--host", LIST, MEMBER(hosts), 0},
    {"--mpm", TEXT, MEMBER(mpm), 0},
    {"--reveal-passwords", FLAG, MEMBER(reveal_passwords), 0},
};

#define OPTIONS ((int)(sizeof(options) / sizeof(*options)))

static const option_t *find(const char *arg, apr_size_t len)
{
    for (int i = 0; i < OPTIONS; i++)
        if (strlen(options[i].name) == len && !strncmp(options[i].name, arg, len))
            return &options[i];
    return NULL;
}

static const char *store(chatctl_t *ctl, const option_t *o, const char *text)
{
    void *member = (char *)ctl + o->at;
    apr_array_header_t **list = member;
    char *end;
    switch (o->kind) {
    case FLAG:
        *(int *)member = 1;
        break;
    case TEXT:
        *(const char **)member = text;
        break;
    case NUMBER:
        errno = 0;
        *(long *)member = strtol(text, &end, 10);
        if (errno || end == text || *end || *(long *)member < 0)
            return apr_pstrcat(ctl->pool, o->name, " takes a whole number, not '", text,
                               "'", NULL);
        break;
    case LIST:
        if (!*list)
            *list = apr_array_make(ctl->pool, 2, sizeof(const char *));
        APR_ARRAY_PUSH(*list, const char *) = text;
    }
    APR_ARRAY_PUSH(ctl->given, const char *) = o->name;
    return NULL;
}

/* Parses the option at *ARGV and moves *ARGV to its last word. */
static const char *take(chatctl_t *ctl, const char *const **argv)
{
    const char *arg = **argv;
    apr_size_t len = strcspn(arg, "=");
    const option_t *o = find(arg, len);
    if (!o)
        return apr_pstrcat(ctl->pool, "there is no option ", arg, NULL);
    if (o->kind == FLAG && arg[len])
        return apr_pstrcat(ctl->pool, o->name, " takes no value", NULL);
    if (o->kind == FLAG || arg[len])
        return store(ctl, o, arg + len + (arg[len] == '='));
    if (!(*argv)[1])
        return apr_pstrcat(ctl->pool, o->name, " needs a value", NULL);
    return store(ctl, o, *++*argv);
}

const char *chatctl_options_read(chatctl_t *ctl, const char *const *argv)
{
    const char *why = NULL, *first = NULL;
    int ended = 0;
    ctl->args = apr_array_make(ctl->pool, 4, sizeof(const char *));
    ctl->given = apr_array_make(ctl->pool, 4, sizeof(const char *));
    for (; *argv; argv++) {
        if (ended || **argv != '-' || !(*argv)[1])
            APR_ARRAY_PUSH(ctl->args, const char *) = *argv;
        else if (!strcmp(*argv, "--"))
            ended = 1;
        else if ((why = take(ctl, &argv)) && !first)
            first = why;
    }
    return first;
}

/* Whether TEXT has NAME as a word. */
static int names(const char *text, const char *name)
{
    apr_size_t len = strlen(name);
    for (; (text = strstr(text, name)); text += len)
        if (!text[len] || strchr(" ]", text[len]))
            return 1;
    return 0;
}

const char *chatctl_options_refused(const chatctl_t *ctl)
{
    for (int i = 0; i < ctl->given->nelts; i++) {
        const char *name = APR_ARRAY_IDX(ctl->given, i, const char *);
        if (!find(name, strlen(name))->anywhere && !names(ctl->command->usage, name))
            return name;
    }
    return NULL;
}

int chatctl_given(const chatctl_t *ctl, const char *name)
{
    for (int i = 0; i < ctl->given->nelts; i++)
        if (!strcmp(APR_ARRAY_IDX(ctl->given, i, const char *), name))
            return 1;
    return 0;
}
