/* SPDX-License-Identifier: Apache-2.0
 * chatctl.h - the frame of the tool: what every command gets, and how it says that it
 * failed.
 */
#ifndef CHAT_CHATCTL_CHATCTL_H
#define CHAT_CHATCTL_CHATCTL_H

#include "options.h"

#include <apr_pools.h>
#include <apr_tables.h>

/* One run of the tool. */
typedef struct chatctl_t {
    apr_pool_t *pool;
    const char *state;        /* --state, or NULL */
    const char *database;     /* --database DRIVER:PARAMS, or NULL */
    apr_array_header_t *conf; /* --conf, as often as it was given: const char * */
    int json;                 /* --json */
    const char *noun;         /* of the command that runs, or NULL */
    const char *usage;        /* of the command that runs, or NULL */
    const char *const *argv;  /* what stands behind NOUN and VERB; ends with NULL */
} chatctl_t;

/* `chatctl NOUN VERB`. Tables of them end with noun NULL. */
typedef struct chatctl_command_t {
    const char *noun;
    const char *verb;           /* NULL: the noun alone is the command */
    int (*run)(chatctl_t *ctl); /* returns the exit code */
    const char *usage;          /* what follows NOUN VERB, for people */
} chatctl_command_t;

#define CHATCTL_FAILED 1 /* exit code: it did not work */
#define CHATCTL_USAGE 2  /* exit code: the command line is wrong */
#define CHATCTL_ANSWERED \
    (-1) /* --help or --version was answered: nothing else is done; exit code 0 */

extern const chatctl_command_t chatctl_serve_commands[];
extern const chatctl_command_t chatctl_account_commands[];
extern const chatctl_command_t chatctl_room_commands[];
extern const chatctl_command_t chatctl_database_commands[];

/* Prints one sentence on standard error and returns CHATCTL_FAILED. */
int chatctl_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same for a command line that is wrong; names the usage. */
int chatctl_misused(const chatctl_t *ctl, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Reads the rest of the command line: the command's own OPTIONS (ended by name NULL) and
 * the global ones, in any order, "--" ends them. *ARGS gets what is no option (const char
 * *). Returns 0, an exit code after the complaint was printed, or
 * CHATCTL_ANSWERED. */
int chatctl_arguments(chatctl_t *ctl, const chatctl_option_t *options,
                      apr_array_header_t **args);

#endif
