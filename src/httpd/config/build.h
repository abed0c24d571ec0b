/* SPDX-License-Identifier: Apache-2.0
 * build.h - builds the generation of a configuration: databases, hosts, the daemon.
 */
#ifndef CHAT_HTTPD_CONFIG_BUILD_H
#define CHAT_HTTPD_CONFIG_BUILD_H

#include "httpd/config/report.h"

/* Creates check->generation for MAIN and its virtual hosts; a host whose database is
 * unknown is left out. Reports only mistakes that prevent building; check.c reports the
 * rest. Opens and writes nothing. */
void chat_build_generation(chat_check_t *check, server_rec *main);

#endif
