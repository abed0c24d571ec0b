/* SPDX-License-Identifier: Apache-2.0
 * janitor.h - deletes expired rows, once a minute, brings the index of words on, every
 * two seconds, and exchanges with other machines what limits count (exchange.h); in one
 * process at a time.
 */
#ifndef CHAT_HTTPD_JANITOR_H
#define CHAT_HTTPD_JANITOR_H

#include "httpd/site.h"

/* Registers with mod_watchdog, for the parent, before mod_watchdog's own post_config.
 * APR_ENOTIMPL when that module is not there. */
apr_status_t chat_janitor_register(chat_generation_t *gen, apr_pool_t *pconf);

#endif
