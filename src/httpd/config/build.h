/* SPDX-License-Identifier: Apache-2.0
 * build.h - makes the generation of a configuration: databases, hosts, the daemon.
 */
#ifndef CHAT_HTTPD_CONFIG_BUILD_H
#define CHAT_HTTPD_CONFIG_BUILD_H

#include "httpd/config/report.h"

/* Makes check->generation for MAIN and its virtual hosts; a host whose database cannot be
 * known gets none. Only what cannot be built is reported as a mistake; the rest is for
 * check.c to judge. Opens and writes nothing. */
void chat_build_generation(chat_check_t *check, server_rec *main);

#endif
