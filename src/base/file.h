/* SPDX-License-Identifier: Apache-2.0
 * file.h - whole files.
 */
#ifndef CHAT_BASE_FILE_H
#define CHAT_BASE_FILE_H

#include <apr_pools.h>

/* Reads the file at PATH, of at most MAX bytes, into POOL; a NUL follows the *LEN bytes.
 * CHAT_TOOBIG when it is larger. */
apr_status_t chat_file_read(char **out, apr_size_t *len, const char *path, apr_size_t max,
                            apr_pool_t *pool);

/* Writes all LEN bytes. */
apr_status_t chat_file_write_all(int fd, const void *data, apr_size_t len);

/* Replaces the file at PATH by one with TEXT that only UID:GID (-1: we) can read; it has
 * its name when it is complete. Links are not followed. */
apr_status_t chat_file_replace(const char *path, const char *text, long uid, long gid,
                               apr_pool_t *pool);

#endif
