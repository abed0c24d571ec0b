/* SPDX-License-Identifier: Apache-2.0 */
/* The page: copied into the state directory, so that the children can read it wherever
 * the original lies. */
#include "serve_page.h"

#include "serve_find.h"

#include <apr_strings.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Where `make install` puts it. */
#ifndef CHATCTL_PAGE
#define CHATCTL_PAGE "/usr/local/share/mod_chat/page"
#endif

#define COPY_BYTES 16384

static const char *const kinds[] = {".html", ".css", ".js", ".svg", NULL};

static int belongs_to_page(const char *name)
{
    const char *end = strrchr(name, '.');
    for (const char *const *kind = kinds; end && *kind; kind++)
        if (!strcmp(end, *kind))
            return name[0] != '.';
    return 0;
}

/* Returns 0 or -1 with errno. */
static int copy_bytes(int from, int to)
{
    char buffer[COPY_BYTES];
    ssize_t n;
    while ((n = read(from, buffer, sizeof(buffer))) > 0) {
        errno = ENOSPC;
        if (write(to, buffer, (apr_size_t)n) != n)
            return -1;
    }
    return n < 0 ? -1 : 0;
}

/* By way of another name; the time stays, and with it the ETag. Returns 0 or -1 with
 * errno. */
static int copy_file(int from_dir, int to_dir, const char *name, apr_pool_t *pool)
{
    const char *fresh = apr_pstrcat(pool, name, ".new", NULL);
    struct stat st;
    int failed, why, to, from = openat(from_dir, name, O_RDONLY | O_CLOEXEC);
    if (from < 0)
        return -1;
    unlinkat(to_dir, fresh, 0);
    to =
        openat(to_dir, fresh, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
    failed = to < 0 || fstat(from, &st) || copy_bytes(from, to) ||
             futimens(to, (const struct timespec[]){st.st_mtim, st.st_mtim}) ||
             renameat(to_dir, fresh, to_dir, name);
    why = errno;
    close(from);
    if (to >= 0)
        close(to);
    errno = why;
    return failed ? -1 : 0;
}

static const char *copy_all(const chatctl_serve_t *s, DIR *from, const char *target)
{
    const struct dirent *e;
    const char *why = NULL;
    int to = open(target, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (to < 0)
        return apr_psprintf(s->pool, "%s cannot be used: %s", target, strerror(errno));
    while (!why && (e = readdir(from)))
        if (belongs_to_page(e->d_name) && copy_file(dirfd(from), to, e->d_name, s->pool))
            why = apr_psprintf(s->pool, "the page's %s cannot be copied to %s: %s",
                               e->d_name, target, strerror(errno));
    close(to);
    return why;
}

const char *chatctl_serve_page(const chatctl_serve_t *s)
{
    const char *near = chatctl_beside("page", s->pool);
    DIR *from = near ? opendir(near) : NULL;
    const char *why;
    if (!from)
        from = opendir(CHATCTL_PAGE);
    if (!from)
        return NULL;
    why = copy_all(s, from, apr_pstrcat(s->pool, s->state, "/htdocs", NULL));
    closedir(from);
    return why;
}
