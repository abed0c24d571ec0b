/* SPDX-License-Identifier: Apache-2.0
 * file.h - a whole file as text.
 */
#ifndef CHAT_BASE_FILE_H
#define CHAT_BASE_FILE_H

#include <apr_pools.h>

/* Reads the file at PATH, of at most MAX bytes, into POOL; a NUL follows the *LEN bytes.
 * CHAT_TOOBIG when it is larger. */
apr_status_t chat_file_read(char **out, apr_size_t *len, const char *path, apr_size_t max,
                            apr_pool_t *pool);

#endif
