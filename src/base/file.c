/* SPDX-License-Identifier: Apache-2.0 */
/* Whole files. */
#include "base/file.h"

#include "base/status.h"

#include <apr_file_io.h>
#include <apr_strings.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

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

apr_status_t chat_file_write_all(int fd, const void *data, apr_size_t len)
{
    const char *p = data;
    while (len) {
        ssize_t n = write(fd, p, len);
        if (n < 0 && errno != EINTR)
            return errno;
        if (n > 0) {
            p += n;
            len -= (apr_size_t)n;
        }
    }
    return APR_SUCCESS;
}

apr_status_t chat_file_replace(const char *path, const char *text, long uid, long gid,
                               apr_pool_t *pool)
{
    const char *fresh = apr_pstrcat(pool, path, ".new", NULL);
    apr_status_t rv;
    int fd;
    unlink(fresh);
    fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return errno;
    rv = chat_file_write_all(fd, text, strlen(text));
    if (rv == APR_SUCCESS && uid != -1 && fchown(fd, (uid_t)uid, (gid_t)gid) != 0)
        rv = errno;
    if (close(fd) != 0 && rv == APR_SUCCESS)
        rv = errno;
    if (rv == APR_SUCCESS && rename(fresh, path) != 0)
        rv = errno;
    if (rv != APR_SUCCESS)
        unlink(fresh);
    return rv;
}
