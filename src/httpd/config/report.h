/* SPDX-License-Identifier: Apache-2.0
 * report.h - one run over a configuration, and the mistakes that it finds.
 */
#ifndef CHAT_HTTPD_CONFIG_REPORT_H
#define CHAT_HTTPD_CONFIG_REPORT_H

#include "httpd/site.h"

typedef struct chat_check_t {
    apr_pool_t *pool; /* pconf */
    apr_pool_t *temp;
    chat_generation_t *generation;
    server_rec *server; /* the host that is looked at */
    chat_runner_t runner;
    apr_hash_t *said; /* texts of lines, each written for the first host that has it */
    int mistakes;
    /* The server whose files are checked, or NULL. Only configtest refuses their state;
     * at a start the database is then unusable, and httpd serves its sites. */
    chat_site_database_t *database;
} chat_check_t;

/* Writes a line about check->server; printf's format. */
void chat_check_warn(chat_check_t *check, int id, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same for a mistake: httpd refuses the configuration. */
void chat_check_mistake(chat_check_t *check, int id, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
