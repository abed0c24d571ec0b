/* SPDX-License-Identifier: Apache-2.0
 * options.h - options of a command line: "--name value", "--name=value" or "--name".
 */
#ifndef CHAT_CHATCTL_OPTIONS_H
#define CHAT_CHATCTL_OPTIONS_H

#include <apr_pools.h>
#include <apr_tables.h>

typedef enum chatctl_kind_t {
    CHATCTL_FLAG,   /* int *, set to 1 */
    CHATCTL_TEXT,   /* const char ** */
    CHATCTL_NUMBER, /* long *, a whole number that is not negative */
    CHATCTL_LIST    /* apr_array_header_t ** of const char *, made when it is NULL */
} chatctl_kind_t;

typedef struct chatctl_option_t {
    const char *name; /* with its dashes */
    chatctl_kind_t kind;
    void *value;
} chatctl_option_t;

/* Takes the option at *ARGV, which begins with "-", by one of the tables (each ends with
 * name NULL; the array of tables with NULL) and moves *ARGV past it. Returns NULL, or
 * what is wrong with it. */
const char *chatctl_option_take(const char *const **argv,
                                const chatctl_option_t *const *tables, apr_pool_t *pool);

#endif
