/* SPDX-License-Identifier: Apache-2.0 */
/* The page: copied into the state directory, so that the children can read it wherever
 * the original lies. */
#include "serve_page.h"

#include "serve_find.h"

#include <apr_file_info.h>
#include <apr_file_io.h>
#include <apr_strings.h>
#include <string.h>

/* Where `make install` puts it. */
#ifndef CHATCTL_PAGE
#define CHATCTL_PAGE "/usr/local/share/mod_chat/page"
#endif

static const char *const kinds[] = {".html", ".css", ".js", ".svg", NULL};

static int belongs_to_page(const char *name)
{
    const char *end = strrchr(name, '.');
    for (const char *const *kind = kinds; end && *kind; kind++)
        if (!strcmp(end, *kind))
            return name[0] != '.';
    return 0;
}

/* What is there may be a link, which copying would follow; the time stays, and with it
 * the ETag. */
static apr_status_t copy_file(const char *from, const char *to, apr_pool_t *pool)
{
    apr_finfo_t info;
    apr_status_t rv = apr_stat(&info, from, APR_FINFO_MTIME, pool);
    apr_file_remove(to, pool);
    if (rv == APR_SUCCESS)
        rv = apr_file_copy(
            from, to,
            APR_FPROT_UREAD | APR_FPROT_UWRITE | APR_FPROT_GREAD | APR_FPROT_WREAD, pool);
    return rv == APR_SUCCESS ? apr_file_mtime_set(to, info.mtime, pool) : rv;
}

const char *chatctl_serve_page(const chatctl_serve_t *s)
{
    const char *page = chatctl_beside("page", s->pool), *name = "files";
    apr_dir_t *dir;
    apr_finfo_t e;
    apr_status_t rv = APR_SUCCESS;
    char why[120];
    if (!page || apr_dir_open(&dir, page, s->pool) != APR_SUCCESS) {
        page = CHATCTL_PAGE;
        if (apr_dir_open(&dir, page, s->pool) != APR_SUCCESS)
            return NULL;
    }
    while (rv == APR_SUCCESS && apr_dir_read(&e, APR_FINFO_NAME, dir) == APR_SUCCESS)
        if (belongs_to_page(name = apr_pstrdup(s->pool, e.name)))
            rv = copy_file(apr_pstrcat(s->pool, page, "/", name, NULL),
                           apr_pstrcat(s->pool, s->state, "/htdocs/", name, NULL),
                           s->pool);
    apr_dir_close(dir);
    return rv == APR_SUCCESS ? NULL
                             : apr_psprintf(s->pool, "the page's %s cannot be copied: %s",
                                            name, apr_strerror(rv, why, sizeof(why)));
}
