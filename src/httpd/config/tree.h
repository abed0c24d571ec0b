/* SPDX-License-Identifier: Apache-2.0
 * tree.h - questions about directives of other modules, from httpd's tree of them.
 */
#ifndef CHAT_HTTPD_CONFIG_TREE_H
#define CHAT_HTTPD_CONFIG_TREE_H

#include <httpd.h>
#include <http_config.h>

/* Whether NODE is the <VirtualHost> of another server than S. */
int chat_tree_elsewhere(const ap_directive_t *node, const server_rec *s);

/* The first argument of a section, as in <Location PATH>. */
const char *chat_tree_section(const ap_directive_t *node, apr_pool_t *pool);

#endif
