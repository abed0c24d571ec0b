/* SPDX-License-Identifier: Apache-2.0
 * mounts.h - the prefixes of one virtual host, in the order in which they are tried.
 */
#ifndef CHAT_HTTPD_CONFIG_MOUNTS_H
#define CHAT_HTTPD_CONFIG_MOUNTS_H

#include "httpd/site.h"

/* Handlers of claimed requests. */
#define CHAT_HANDLER "chat"
#define CHAT_REALTIME_HANDLER "chat-realtime"

/* Mounts by ChatAPI lines and, for dialects without one, at the default prefix. *WHY
 * names the mounts that collide, or is NULL. */
apr_array_header_t *chat_mounts_build(const char **why, const chat_server_conf_t *conf,
                                      apr_pool_t *pool);

/* What a path below a mount means. */
typedef struct chat_claim_t {
    const chat_dialect_t *dialect;
    const chat_route_t *route; /* NULL: no such endpoint, and the path is ours */
    const char *path;          /* below the mount, begins with '/' */
    const char *mount;         /* prefix without a slash at its end */
    int shared;                /* the site has what the dialect does not own */
    const char *handler;       /* CHAT_HANDLER; for others nothing of the above is set */
} chat_claim_t;

/* Looks PATH (decoded) up; 0 when it is not ours. */
int chat_mounts_find(chat_claim_t *out, const apr_array_header_t *mounts,
                     const char *path, apr_pool_t *pool);

/* Whether a request for PATH (decoded) of HOST is realtime's. */
int chat_mounts_realtime(const chat_host_t *host, const char *path);

/* Looks PATH up in the dialects of MOUNT; its prefix does not count. With EXCLUSIVE the
 * place is theirs, so that unknown paths are answered by the last of them. */
int chat_mounts_route(chat_claim_t *out, const chat_mount_t *mount, const char *path,
                      int exclusive);

#endif
