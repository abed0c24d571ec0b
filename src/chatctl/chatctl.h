/* SPDX-License-Identifier: Apache-2.0
 * chatctl.h - what every command gets: the command line as it was read.
 */
#ifndef CHAT_CHATCTL_CHATCTL_H
#define CHAT_CHATCTL_CHATCTL_H

#include <apr_pools.h>
#include <apr_tables.h>

typedef struct chatctl_command_t chatctl_command_t;
typedef struct chatctl_site_t chatctl_site_t;

/* One run of the tool. Lists are of const char *. */
typedef struct chatctl_t {
    apr_pool_t *pool;
    const chatctl_command_t *command; /* NULL until it is known */
    apr_array_header_t *args;         /* what follows NOUN and VERB, without options */
    apr_array_header_t *given;        /* the names of the options that were given */
    /* options of every command */
    const char *state;        /* --state, or NULL */
    const char *database;     /* --database DRIVER:PARAMS, or NULL */
    apr_array_header_t *conf; /* --conf, as often as it was given; or NULL */
    int json, help, version;
    /* options of some */
    long room; /* 1 when it was not given */
    long rank, port, tls_port;
    const char *email, *description, *creator, *bind, *mpm;
    const char *channel, *until, *since, *reason, *from, *url;
    apr_array_header_t *hosts;
    int all, closed, emergency, texts, private, person, password_stdin, with_secret,
        reveal_passwords, offline;
} chatctl_t;

/* What a command does to the database. */
typedef enum chatctl_access_t {
    CHATCTL_NONE, /* it opens the site itself, or needs none */
    CHATCTL_READS,
    CHATCTL_WRITES
} chatctl_access_t;

/* `chatctl NOUN VERB`. Tables of them end with noun NULL. */
struct chatctl_command_t {
    const char *noun;
    const char *verb;              /* NULL: the noun alone is the command */
    int (*run)(chatctl_site_t *s); /* returns the exit code */
    const char *usage; /* what follows NOUN VERB; the options it names are allowed */
    int least, most;   /* arguments; MOST -1: any number */
    chatctl_access_t access;
    const char *help; /* what it does, in one line */
    const char *more; /* further lines of its own --help, or NULL */
};

#define CHATCTL_FAILED 1 /* exit code: it did not work */
#define CHATCTL_USAGE 2  /* exit code: the command line is wrong */
#define CHATCTL_WARNED 3 /* exit code of check: it works, and yet */

extern const chatctl_command_t chatctl_serve_commands[];
extern const chatctl_command_t chatctl_account_commands[];
extern const chatctl_command_t chatctl_room_commands[];
extern const chatctl_command_t chatctl_channel_commands[];
extern const chatctl_command_t chatctl_moderation_commands[];
extern const chatctl_command_t chatctl_discord_commands[];
extern const chatctl_command_t chatctl_outbox_commands[];
extern const chatctl_command_t chatctl_check_commands[];
extern const chatctl_command_t chatctl_database_commands[];
extern const chatctl_command_t chatctl_backup_commands[];
extern const chatctl_command_t chatctl_transfer_commands[];
extern const chatctl_command_t chatctl_copy_commands[];

#endif
