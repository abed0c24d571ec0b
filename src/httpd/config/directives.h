/* SPDX-License-Identifier: Apache-2.0
 * directives.h - the table of directives.
 *
 * Each handler refuses what is wrong at once, with directive, value and what is allowed,
 * so that `configtest` says it. DBDriver, DBDParams, DBDMin, DBDKeep and DBDMax are
 * mod_dbd's; httpd hands a directive to every module that names it, so standing in this
 * table too is how we learn which database a virtual host has.
 */
#ifndef CHAT_HTTPD_CONFIG_DIRECTIVES_H
#define CHAT_HTTPD_CONFIG_DIRECTIVES_H

#include <httpd.h>
#include <http_config.h>

extern const command_rec chat_directives[];

#endif
