/* SPDX-License-Identifier: Apache-2.0
 * check_files.h - files that a configuration names: present, and usable for the run user.
 */
#ifndef CHAT_HTTPD_CONFIG_CHECK_FILES_H
#define CHAT_HTTPD_CONFIG_CHECK_FILES_H

#include "httpd/config/report.h"

/* The file of an SQLite database, its directory and what lies beside it. */
void chat_check_database_file(chat_check_t *check, const char *file);

void chat_check_secret(chat_check_t *check, const chat_site_database_t *database);

/* The fault of the files with a webhook's URL and a bot's token; NULL: none. */
const char *chat_check_discord_files(chat_check_t *check, const chat_host_t *host);

/* The fault of the program that httpd starts as the daemon; NULL: none. */
const char *chat_check_program(chat_check_t *check, const char *program);

#endif
