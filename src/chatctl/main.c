/* SPDX-License-Identifier: Apache-2.0 */
/* The frame of chatctl: finds the command, opens its site, runs it; help. */
#include "base/version.h"
#include "options.h"
#include "print.h"
#include "site.h"

#include <apr_general.h>
#include <apr_strings.h>
#include <stdio.h>
#include <string.h>

/* In the order in which `chatctl help` lists them. */
static const chatctl_command_t *const tables[] = {
    chatctl_serve_commands,
    chatctl_account_commands,
    chatctl_room_commands,
    chatctl_channel_commands,
    chatctl_moderation_commands,
    chatctl_discord_commands,
    chatctl_outbox_commands,
    chatctl_backup_commands,
    chatctl_transfer_commands,
    chatctl_check_commands,
    chatctl_copy_commands,
    chatctl_database_commands,
    NULL,
};

/* Of the command that was named, of the commands of NOUN, or of everything. */
static int help(const chatctl_t *ctl, const char *noun)
{
    if (ctl->command) {
        printf("%s\n\n%s\n%s", chatctl_command_usage(ctl->command, ctl->pool),
               ctl->command->help, ctl->command->more ? ctl->command->more : "");
        return 0;
    }
    puts("usage: chatctl " CHATCTL_SITE_OPTIONS " COMMAND\n"
         "       chatctl COMMAND --help | --version\n\n"
         "Without a site option: the site of the installed httpd.\n\ncommands:");
    for (const chatctl_command_t *const *t = tables; *t; t++)
        for (const chatctl_command_t *c = *t; c->noun; c++)
            if (!noun || !strcmp(c->noun, noun))
                printf("  %-16s %s\n", chatctl_command_name(c, ctl->pool), c->help);
    return 0;
}

/* Finds the command and removes its name from the arguments; *VERBS gets the verbs of the
 * noun, NULL when there is no such noun. */
static void find(chatctl_t *ctl, const char **verbs)
{
    const char *noun = APR_ARRAY_IDX(ctl->args, 0, const char *);
    const char *verb =
        ctl->args->nelts > 1 ? APR_ARRAY_IDX(ctl->args, 1, const char *) : "";
    *verbs = NULL;
    for (const chatctl_command_t *const *t = tables; *t; t++)
        for (const chatctl_command_t *c = *t; c->noun; c++) {
            if (strcmp(c->noun, noun))
                continue;
            *verbs =
                !*verbs ? c->verb : apr_pstrcat(ctl->pool, *verbs, ", ", c->verb, NULL);
            if (!c->verb || !strcmp(c->verb, verb))
                ctl->command = c;
        }
    if (ctl->command) {
        int n = ctl->command->verb ? 2 : 1;
        ctl->args->elts += n * ctl->args->elt_size;
        ctl->args->nelts -= n;
        ctl->args->nalloc -= n;
    }
}

static int wrong_number(const chatctl_t *ctl)
{
    const chatctl_command_t *c = ctl->command;
    if (c->most == 0)
        return chatctl_misused(ctl, "%s takes no argument '%s'",
                               chatctl_command_name(c, ctl->pool),
                               APR_ARRAY_IDX(ctl->args, 0, const char *));
    return chatctl_misused(ctl, "%d argument%s needed, not %d", c->least,
                           c->least == 1 ? " is" : "s are", ctl->args->nelts);
}

static int run(chatctl_t *ctl)
{
    const chatctl_command_t *c = ctl->command;
    chatctl_site_t site = {.ctl = ctl};
    const char *refused = chatctl_options_refused(ctl);
    int rc;
    if (refused)
        return chatctl_misused(ctl, "%s takes no %s", chatctl_command_name(c, ctl->pool),
                               refused);
    if (ctl->args->nelts < c->least || (c->most >= 0 && ctl->args->nelts > c->most))
        return wrong_number(ctl);
    rc = c->access == CHATCTL_NONE ? 0 : chatctl_site_open(&site, c->access);
    return rc ? rc : c->run(&site);
}

static int dispatch(chatctl_t *ctl, const char *const *argv)
{
    const char *why = chatctl_options_read(ctl, argv), *verbs, *noun = NULL;
    if (ctl->version) {
        puts("chatctl " CHAT_VERSION);
        return 0;
    }
    if (ctl->args->nelts && !strcmp(APR_ARRAY_IDX(ctl->args, 0, const char *), "help")) {
        ctl->help = 1;
        ctl->args->elts += ctl->args->elt_size;
        ctl->args->nelts--;
    }
    if (ctl->args->nelts) {
        noun = APR_ARRAY_IDX(ctl->args, 0, const char *);
        find(ctl, &verbs);
    }
    if (ctl->help && (!noun || verbs || ctl->command))
        return help(ctl, noun);
    if (why)
        return chatctl_misused(ctl, "%s", why);
    if (!noun)
        return chatctl_misused(ctl, "no command was given; `chatctl help` lists them");
    if (ctl->command)
        return run(ctl);
    if (!verbs)
        return chatctl_misused(ctl, "there is no command '%s'; `chatctl help` lists them",
                               noun);
    return chatctl_misused(ctl, "%s takes one of: %s", noun, verbs);
}

int main(int argc, const char *const *argv)
{
    chatctl_t ctl = {
        .room = 1, .port = 8080, .tls_port = -1, .bind = "127.0.0.1", .mpm = "event"};
    int rc;
    if (apr_app_initialize(&argc, &argv, NULL) != APR_SUCCESS ||
        apr_pool_create(&ctl.pool, NULL) != APR_SUCCESS) {
        fputs("chatctl: the APR library cannot be started\n", stderr);
        return CHATCTL_FAILED;
    }
    rc = dispatch(&ctl, argv + (argc > 0));
    if (fflush(stdout))
        rc = chatctl_fail("standard output cannot be written");
    apr_pool_destroy(ctl.pool);
    apr_terminate();
    return rc;
}
