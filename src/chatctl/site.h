/* SPDX-License-Identifier: Apache-2.0
 * site.h - the site that a command works on, and how its results are shown.
 */
#ifndef CHAT_CHATCTL_SITE_H
#define CHAT_CHATCTL_SITE_H

#include "chatctl.h"
#include "core/call.h"
#include "render/writer.h"

/* An opened site. Lives as long as the tool. */
typedef struct chatctl_site_t {
    chatctl_t *ctl;
    chat_site_t site;
    chat_settings_t settings;
    chat_database_t database;
    const char *secret_file; /* NULL: not known */
    chat_call_t call;        /* of the one thing this run does */
} chatctl_site_t;

/* Opens what --state, --database or --conf name, in the chatroom ROOM. Returns 0, or an
 * exit code after the complaint. */
int chatctl_site_open(chatctl_site_t *out, chatctl_t *ctl, long room);

/* Loads the site's secret, which chatctl_site_open leaves out: a database may be looked
 * at without it. Returns 0, or an exit code after the complaint. */
int chatctl_site_secret(chatctl_site_t *s);

/* The same after the command line: WANTED arguments go to *ARGS; when the OPTIONS begin
 * with --room, it is that chatroom, 1 when it is not given, else chatroom 1. */
int chatctl_site_begin(chatctl_site_t *out, chatctl_t *ctl,
                       const chatctl_option_t *options, apr_array_header_t **args,
                       int wanted);

/* Turns what a rule returned into an exit code: 0, or a sentence about the problem. */
int chatctl_result(const chatctl_site_t *s, apr_status_t rv);

/* A password from the first line of standard input; NULL after a complaint. */
const char *chatctl_read_password(chatctl_t *ctl);

/* A table for people, or a JSON array of objects with the same columns. */
typedef struct chatctl_column_t {
    const char *title;  /* for people */
    const char *member; /* in JSON, snake_case */
    int number;         /* right-aligned, a JSON number */
} chatctl_column_t;

typedef struct chatctl_table_t {
    chatctl_t *ctl;
    const chatctl_column_t *columns; /* ends with title NULL */
    apr_array_header_t *cells;       /* const char *, row by row; NULL: nothing / null */
} chatctl_table_t;

void chatctl_table_begin(chatctl_table_t *t, chatctl_t *ctl,
                         const chatctl_column_t *columns);
/* One cell; NULL for none. Booleans are the texts "true" and "false". */
void chatctl_table_add(chatctl_table_t *t, const char *text);
void chatctl_table_int(chatctl_table_t *t, apr_int64_t n);
/* Time as ISO-8601 UTC; 0 for none. */
void chatctl_table_time(chatctl_table_t *t, apr_time_t time);
/* Prints a list of rows. */
void chatctl_table_print(const chatctl_table_t *t);
/* Prints the only row as lines "title: value", or as one JSON object. */
void chatctl_table_show(const chatctl_table_t *t);

/* {"message": TEXT} or the text alone. */
void chatctl_say(chatctl_t *ctl, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* One more member of such an object. */
typedef struct chatctl_member_t {
    const char *name; /* snake_case; NULL ends a table of them */
    const char *text; /* NULL: the number */
    apr_int64_t number;
} chatctl_member_t;

/* The same with MEMBERS behind the message in JSON. */
void chatctl_say_with(chatctl_t *ctl, const chatctl_member_t *members, const char *format,
                      ...) __attribute__((format(printf, 3, 4)));

#endif
