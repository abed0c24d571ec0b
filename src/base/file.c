/* SPDX-License-Identifier: Apache-2.0 */
/* A whole file as text. */
#include "base/file.h"

#include "base/status.h"

#include <apr_file_io.h>

apr_status_t chat_file_read(char **out, apr_size_t *len, const char *path, apr_size_t max,
                            apr_pool_t *pool)
{
    apr_file_t *file;
    apr_status_t rv = apr_file_open(&file, path, APR_READ, APR_OS_DEFAULT, pool);
    if (rv != APR_SUCCESS)
        return rv;
    *out = apr_palloc(pool, max + 1);
    rv = apr_file_read_full(file, *out, max + 1, len);
    apr_file_close(file);
    if (rv == APR_SUCCESS)
        return CHAT_TOOBIG;
    if (!APR_STATUS_IS_EOF(rv))
        return rv;
    (*out)[*len] = '\0';
    return APR_SUCCESS;
}
