/* SPDX-License-Identifier: Apache-2.0
 * print.h - what commands print: tables and sentences for people, JSON for scripts.
 * Characters that would steer a terminal or reorder a line are escaped as \uXXXX.
 */
#ifndef CHAT_CHATCTL_PRINT_H
#define CHAT_CHATCTL_PRINT_H

#include "chatctl.h"

#include <apr_time.h>

typedef enum chatctl_kind_t {
    CHATCTL_TEXT,
    CHATCTL_NUMBER, /* right-aligned, a JSON number */
    CHATCTL_BOOL,   /* "true" or "false" */
    CHATCTL_TIME    /* ISO 8601 in JSON, "YYYY-MM-DD HH:MM:SS" for people; UTC */
} chatctl_kind_t;

typedef struct chatctl_column_t {
    const char *title;  /* for people */
    const char *member; /* in JSON, snake_case */
    chatctl_kind_t kind;
} chatctl_column_t;

/* A table for people, or a JSON array of objects with the same columns. */
typedef struct chatctl_table_t {
    chatctl_t *ctl;
    const chatctl_column_t *columns; /* ends with title NULL */
    apr_array_header_t *cells;       /* const char *, row by row; NULL: nothing / null */
} chatctl_table_t;

void chatctl_table_begin(chatctl_table_t *t, chatctl_t *ctl,
                         const chatctl_column_t *columns);
/* One row: a value for each column, const char *, apr_int64_t, int or apr_time_t by its
 * kind; NULL, and the time 0, for none. */
void chatctl_table_row(chatctl_table_t *t, ...);
/* Prints a list of rows. Returns 0, the exit code. */
int chatctl_table_print(const chatctl_table_t *t);
/* Prints the only row as lines "title value", or as one JSON object. Returns 0. */
int chatctl_table_show(const chatctl_table_t *t);

/* One more member of the object that --json prints. */
typedef struct chatctl_member_t {
    const char *name; /* snake_case; NULL ends a table of them */
    const char *text; /* NULL: the number */
    apr_int64_t number;
} chatctl_member_t;

/* {"message": TEXT, MEMBERS...} or the text alone; MEMBERS may be NULL. Returns 0. */
int chatctl_say(chatctl_t *ctl, const chatctl_member_t *members, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Prints one sentence on standard error and returns CHATCTL_FAILED. */
int chatctl_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same for a command line that is wrong; prints the usage, too. */
int chatctl_misused(const chatctl_t *ctl, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#define CHATCTL_SITE_OPTIONS \
    "[--state DIR | --conf FILE... | --database DRIVER:PARAMS] [--json]"

const char *chatctl_command_name(const chatctl_command_t *c, apr_pool_t *pool);
const char *chatctl_command_usage(const chatctl_command_t *c, apr_pool_t *pool);

#endif
