/* SPDX-License-Identifier: Apache-2.0
 * directives_signon.h - the setters of the directives about users of the site and guests;
 * the table is in directives.c.
 */
#ifndef CHAT_HTTPD_CONFIG_DIRECTIVES_SIGNON_H
#define CHAT_HTTPD_CONFIG_DIRECTIVES_SIGNON_H

#include <httpd.h>
#include <http_config.h>

const char *chat_set_sign_on_key(cmd_parms *cmd, void *dir, const char *file,
                                 const char *rank);
const char *chat_set_guests(cmd_parms *cmd, void *dir, int argc, char *const argv[]);

#endif
