/* SPDX-License-Identifier: Apache-2.0
 * chatctl - the administrator's tool, and `chatctl serve`: a private httpd in one
 * command.
 */
#include "base/version.h"
#include "chatctl.h"

#include <apr_general.h>
#include <apr_strings.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Every command there is, by the file that has it. */
static const chatctl_command_t *const tables[] = {
    chatctl_serve_commands,
    chatctl_account_commands,
    chatctl_room_commands,
    chatctl_database_commands,
    NULL,
};

static void complain(const char *format, va_list ap)
{
    fflush(stdout);
    fputs("chatctl: ", stderr);
    vfprintf(stderr, format, ap);
    fputc('\n', stderr);
}

int chatctl_fail(const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    complain(format, ap);
    va_end(ap);
    return CHATCTL_FAILED;
}

int chatctl_misused(const chatctl_t *ctl, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    complain(format, ap);
    va_end(ap);
    if (ctl->usage)
        fprintf(stderr, "usage: chatctl %s\n", ctl->usage);
    return CHATCTL_USAGE;
}

#define SITE_OPTIONS "[--state DIR | --database DRIVER:PARAMS | --conf FILE] [--json]"

static const char *usage_of(const chatctl_command_t *c, apr_pool_t *pool)
{
    return apr_pstrcat(pool, c->noun, c->verb ? " " : "", c->verb ? c->verb : "",
                       *c->usage ? " " : "", c->usage, NULL);
}

/* Of the command that runs, of the commands of a noun, or of everything. */
static int help(const chatctl_t *ctl)
{
    if (ctl->usage) {
        printf("usage: chatctl %s\n", ctl->usage);
        if (strcmp(ctl->noun, "serve"))
            puts("with " SITE_OPTIONS);
        return CHATCTL_ANSWERED;
    }
    puts("usage: chatctl " SITE_OPTIONS " COMMAND\n"
         "       chatctl [COMMAND] --help | --version\n\ncommands:");
    for (const chatctl_command_t *const *t = tables; *t; t++)
        for (const chatctl_command_t *c = *t; c->noun; c++)
            if (!ctl->noun || !strcmp(c->noun, ctl->noun))
                printf("  %s\n", usage_of(c, ctl->pool));
    return CHATCTL_ANSWERED;
}

/* Options that are answered at once, wherever they stand. */
static int answer(const chatctl_t *ctl, const char *option)
{
    if (!strcmp(option, "-h") || !strcmp(option, "--help"))
        return help(ctl);
    if (strcmp(option, "--version"))
        return 0;
    puts("chatctl " CHAT_VERSION);
    return CHATCTL_ANSWERED;
}

/* Takes what stands at the front of the command line up to the first argument that is no
 * option, or all of it when ARGS is given. */
static int take(chatctl_t *ctl, const chatctl_option_t *options, apr_array_header_t *args)
{
    const chatctl_option_t global[] = {{"--state", CHATCTL_TEXT, &ctl->state},
                                       {"--database", CHATCTL_TEXT, &ctl->database},
                                       {"--conf", CHATCTL_LIST, &ctl->conf},
                                       {"--json", CHATCTL_FLAG, &ctl->json},
                                       {NULL, CHATCTL_FLAG, NULL}};
    const chatctl_option_t *const all[] = {global, options, NULL};
    int ended = 0;
    while (*ctl->argv) {
        const char *why;
        if (!ended && !strcmp(*ctl->argv, "--") && args) {
            ended = 1;
            ctl->argv++;
        }
        else if (ended || **ctl->argv != '-' || !(*ctl->argv)[1]) {
            if (!args)
                return 0;
            APR_ARRAY_PUSH(args, const char *) = *ctl->argv++;
        }
        else if (answer(ctl, *ctl->argv))
            return CHATCTL_ANSWERED;
        else if ((why = chatctl_option_take(&ctl->argv, all, ctl->pool)))
            return chatctl_misused(ctl, "%s", why);
    }
    return 0;
}

int chatctl_arguments(chatctl_t *ctl, const chatctl_option_t *options,
                      apr_array_header_t **args)
{
    *args = apr_array_make(ctl->pool, 4, sizeof(const char *));
    return take(ctl, options, *args);
}

/* The command that NOUN and VERB name; *KNOWN says whether there is such a noun at all.
 */
static const chatctl_command_t *find(const char *noun, const char *verb, int *known)
{
    *known = 0;
    for (const chatctl_command_t *const *t = tables; *t; t++)
        for (const chatctl_command_t *c = *t; c->noun; c++) {
            if (strcmp(c->noun, noun))
                continue;
            *known = 1;
            if (!c->verb || (verb && !strcmp(c->verb, verb)))
                return c;
        }
    return NULL;
}

/* The verbs that NOUN has, for people. */
static const char *verbs(const char *noun, apr_pool_t *pool)
{
    const char *all = "";
    for (const chatctl_command_t *const *t = tables; *t; t++)
        for (const chatctl_command_t *c = *t; c->noun; c++)
            if (c->verb && !strcmp(c->noun, noun))
                all = apr_pstrcat(pool, all, *all ? ", " : "", c->verb, NULL);
    return all;
}

static int dispatch(chatctl_t *ctl)
{
    const chatctl_option_t none[] = {{NULL, CHATCTL_FLAG, NULL}};
    const chatctl_command_t *c;
    const char *noun;
    int known, rc;
    if ((rc = take(ctl, none, NULL)))
        return rc;
    if (!*ctl->argv)
        return chatctl_misused(ctl, "no command was given; `chatctl help` lists them");
    if (!strcmp(*ctl->argv, "help"))
        return help(ctl);
    noun = *ctl->argv++;
    c = find(noun, *ctl->argv, &known);
    if (!known)
        return chatctl_misused(ctl, "there is no command '%s'; `chatctl help` lists them",
                               noun);
    ctl->noun = noun;
    if (!c) {
        if ((rc = take(ctl, none, NULL)))
            return rc;
        c = find(noun, *ctl->argv, &known);
    }
    if (!c)
        return chatctl_misused(ctl, "%s takes one of: %s", noun, verbs(noun, ctl->pool));
    if (c->verb)
        ctl->argv++;
    ctl->usage = usage_of(c, ctl->pool);
    return c->run(ctl);
}

int main(int argc, const char *const *argv)
{
    chatctl_t ctl = {0};
    int rc;
    if (apr_app_initialize(&argc, &argv, NULL) != APR_SUCCESS ||
        apr_pool_create(&ctl.pool, NULL) != APR_SUCCESS) {
        fputs("chatctl: the APR library cannot be started\n", stderr);
        return CHATCTL_FAILED;
    }
    ctl.argv = argv + (argc > 0);
    rc = dispatch(&ctl);
    if (rc == CHATCTL_ANSWERED)
        rc = 0;
    if (fflush(stdout))
        rc = chatctl_fail("standard output cannot be written");
    apr_pool_destroy(ctl.pool);
    apr_terminate();
    return rc;
}
