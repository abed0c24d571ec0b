/* SPDX-License-Identifier: Apache-2.0
 * origin.h - origins of pages (RFC 6454), as browsers and other clients send them.
 */
#ifndef CHAT_BASE_ORIGIN_H
#define CHAT_BASE_ORIGIN_H

#include <apr_tables.h>

/* Scheme, host and port of ORIGIN as browsers write them: lower case, without the
 * scheme's own port. A path after them does not count. NULL when it is not such a text
 * ("null"). */
const char *chat_origin_canonical(const char *origin, apr_pool_t *pool);

/* The member of LIST (canonical origins, or NULL) that ORIGIN equals, or NULL. */
const char *chat_origin_listed(const char *origin, const apr_array_header_t *list,
                               apr_pool_t *pool);

/* Whether ORIGIN is in LIST or has the host and port of HOST, a Host header or NULL. The
 * scheme does not count then: a front end may speak TLS for us. */
int chat_origin_allowed(const char *origin, const char *host,
                        const apr_array_header_t *list, apr_pool_t *pool);

#endif
