/* SPDX-License-Identifier: Apache-2.0
 * owner.h - root works in the folders of other users only as those users: a link planted
 * there then leads nowhere that they could not go themselves.
 */
#ifndef CHAT_CHATCTL_OWNER_H
#define CHAT_CHATCTL_OWNER_H

#include <apr_pools.h>
#include <sys/stat.h>

/* Whether a user but root owns a part of the absolute PATH, as far as it is there; *OUT
 * gets the status of the first such part. */
int chatctl_owner_find(struct stat *out, const char *path, apr_pool_t *pool);

/* Opens FILE for reading; -1 (errno). As root, where another user could replace it: only
 * what is that user's own, or root's under one name, and no link. */
int chatctl_owner_open(const char *file, apr_pool_t *pool);

/* As root: becomes (effective user and groups) the first user but root who owns a part of
 * the absolute PATH, before or after links are resolved, and so could replace it. Does
 * nothing when all of it is root's, or when we are not root any more. Returns NULL or
 * what failed. */
const char *chatctl_owner_become(const char *path, apr_pool_t *pool);

/* Becomes again who started the tool. */
void chatctl_owner_leave(void);

#endif
