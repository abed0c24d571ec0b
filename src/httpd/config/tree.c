/* SPDX-License-Identifier: Apache-2.0 */
/* httpd's tree of directives. */
#include "httpd/config/tree.h"

#include <apr_strings.h>
#include <string.h>

int chat_tree_elsewhere(const ap_directive_t *node, const server_rec *s)
{
    return !strcasecmp(node->directive, "<VirtualHost") &&
           (!s->defn_name || node->line_num != (int)s->defn_line_number ||
            strcmp(node->filename, s->defn_name));
}

const char *chat_tree_section(const ap_directive_t *node, apr_pool_t *pool)
{
    const char *args = node->args;
    char *first = ap_getword_conf(pool, &args);
    first[strcspn(first, ">")] = '\0';
    return first;
}
