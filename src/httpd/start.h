/* SPDX-License-Identifier: Apache-2.0
 * start.h - the start of httpd's parent and of each child.
 */
#ifndef CHAT_HTTPD_START_H
#define CHAT_HTTPD_START_H

#include <httpd.h>

/* Hooks. */
int chat_start_post_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp,
                           server_rec *s);
void chat_start_child_init(apr_pool_t *pchild, server_rec *s);

#endif
