/* SPDX-License-Identifier: Apache-2.0
 * check.h - what a whole configuration must fulfil beyond single directives.
 */
#ifndef CHAT_HTTPD_CONFIG_CHECK_H
#define CHAT_HTTPD_CONFIG_CHECK_H

#include <httpd.h>

/* Hook: builds the generation of this configuration and names every mistake in it. Runs
 * for `configtest` too, so it writes and connects nowhere. */
int chat_check_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp,
                      server_rec *s);

#endif
