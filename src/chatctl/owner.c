/* SPDX-License-Identifier: Apache-2.0 */
/* Dropping root's rights to the owner of a path. */
#include "owner.h"

#include <apr_file_info.h>
#include <apr_strings.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int chatctl_owner_find(struct stat *out, const char *path, apr_pool_t *pool)
{
    for (apr_size_t n = 1; n <= strlen(path); n++) {
        if (path[n] && path[n] != '/')
            continue;
        if (lstat(apr_pstrmemdup(pool, path, n), out))
            return 0;
        if (out->st_uid)
            return 1;
    }
    return 0;
}

/* Opens NAME in the folder AT, or what is behind it when it is a link that only root
 * could make. *OWNER: the first user but root whose the path is in. */
static int open_part(int at, const char *name, int flags, uid_t *owner)
{
    struct stat st;
    int fd;
    if (!*owner && !fstatat(at, name, &st, AT_SYMLINK_NOFOLLOW))
        *owner = st.st_uid;
    fd = openat(at, name, flags | O_CLOEXEC | (*owner ? O_NOFOLLOW : 0));
    if (fd >= 0 && !*owner && !fstat(fd, &st))
        *owner = st.st_uid;
    return fd;
}

int chatctl_owner_open(const char *file, apr_pool_t *pool)
{
    const int flags = O_RDONLY | O_NONBLOCK;
    uid_t owner = 0;
    struct stat st;
    char *path, *name, *rest;
    int fd, at;
    if (geteuid() != 0 || apr_filepath_merge(&path, NULL, file, 0, pool))
        return open(file, flags | O_CLOEXEC);
    fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    name = apr_strtok(path, "/", &rest);
    while (fd >= 0 && name) {
        char *next = apr_strtok(NULL, "/", &rest);
        int error;
        at = fd;
        fd = open_part(at, name, next ? O_PATH | O_DIRECTORY : flags, &owner);
        error = errno;
        close(at);
        errno = error;
        name = next;
    }
    if (fd < 0 || !owner || fstat(fd, &st) || st.st_uid == owner ||
        (st.st_uid == 0 && st.st_nlink == 1))
        return fd;
    close(fd);
    errno = EPERM;
    return -1;
}

const char *chatctl_owner_become(const char *path, apr_pool_t *pool)
{
    char real[PATH_MAX];
    const struct passwd *pw;
    struct stat st;
    gid_t gid;
    int rc;
    if (geteuid() != 0)
        return NULL;
    if (!chatctl_owner_find(&st, path, pool) &&
        (!realpath(path, real) || !chatctl_owner_find(&st, real, pool)))
        return NULL;
    pw = getpwuid(st.st_uid);
    gid = pw ? pw->pw_gid : st.st_gid;
    rc = pw ? initgroups(pw->pw_name, gid) : setgroups(1, &gid);
    if (rc || setegid(gid) || seteuid(st.st_uid))
        return apr_psprintf(pool, "cannot work as user %ld, who owns %s: %s",
                            (long)st.st_uid, path, strerror(errno));
    return NULL;
}

void chatctl_owner_leave(void)
{
    gid_t gid = getgid();
    if (seteuid(getuid()) || setegid(gid) || (geteuid() == 0 && setgroups(1, &gid)))
        abort();
}
