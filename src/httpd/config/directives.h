/* SPDX-License-Identifier: Apache-2.0
 * directives.h - the table of directives.
 *
 * Each handler refuses mistakes immediately, with directive, value and the allowed
 * values, so that `configtest` reports them. DBDriver, DBDParams, DBDMin, DBDKeep and
 * DBDMax are mod_dbd's; httpd passes a directive to every module that names it, so
 * through their rows in this table we learn which database a virtual host has.
 */
#ifndef CHAT_HTTPD_CONFIG_DIRECTIVES_H
#define CHAT_HTTPD_CONFIG_DIRECTIVES_H

#include <httpd.h>
#include <http_config.h>

extern const command_rec chat_directives[];

/* A row of table.h, as its setter sees it in cmd->info. */
typedef struct chat_row_t {
    int place;     /* the member is one of chat_levels_t, not of chat_server_conf_t */
    apr_size_t at; /* of the member */
    apr_int64_t min, max;
    const char *words; /* of a choice, separated by '|' */
    const char *def;
} chat_row_t;

/* The number of NAME among the row's words, or -1. */
int chat_row_word(const chat_row_t *row, const char *name);

/* Sets values that neither S nor its lookup_defaults have, when all configuration was
 * read. */
void chat_directives_default(server_rec *s, apr_pool_t *pool, apr_pool_t *temp);

#endif
