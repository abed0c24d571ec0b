/* SPDX-License-Identifier: Apache-2.0 */
/* Reader of httpd's configuration files: only what names the chat's database. httpd's own
 * parser runs in httpd alone. */
#include "site_conf.h"

#include "owner.h"

#include <apr_file_io.h>
#include <apr_lib.h>
#include <apr_strings.h>
#include <glob.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef CHATCTL_CONF
#define CHATCTL_CONF "/etc/apache2"
#endif

#define LINE_MAX_BYTES 8192 /* as httpd has it */
#define INCLUDES 20         /* files within files */

typedef struct reading_t {
    chatctl_named_t *out;
    const char *root; /* ServerRoot, or the folder of the first file */
    int depth;
    apr_pool_t *pool;
} reading_t;

static const char *read_file(reading_t *r, const char *file);

/* The next word of a line; quotes as httpd reads them. */
static const char *next_word(const char **line, apr_pool_t *pool)
{
    const char *p = *line;
    char *word, *to;
    char quote = 0;
    while (apr_isspace(*p))
        p++;
    word = to = apr_palloc(pool, strlen(p) + 1);
    if (*p == '"' || *p == '\'')
        quote = *p++;
    for (; *p && (quote ? *p != quote : !apr_isspace(*p)); p++) {
        if (quote && *p == '\\' && (p[1] == quote || p[1] == '\\'))
            p++;
        *to++ = *p;
    }
    *to = '\0';
    *line = *p ? p + 1 : p;
    return word;
}

static void keep(const char **value, const char **other, const char *word)
{
    if (*value && strcmp(*value, word))
        *other = word;
    else
        *value = word;
}

/* A folder means all of its files, also those below; a pattern all that fits. */
static const char *include(reading_t *r, const char *name)
{
    const char *why = NULL;
    struct stat st;
    glob_t found;
    if (*name != '/')
        name = apr_pstrcat(r->pool, r->root, "/", name, NULL);
    if (!stat(name, &st) && S_ISDIR(st.st_mode))
        name = apr_pstrcat(r->pool, name, "/*", NULL);
    if (glob(name, 0, NULL, &found) == 0) {
        for (apr_size_t i = 0; !why && i < found.gl_pathc; i++) {
            const char *file = apr_pstrdup(r->pool, found.gl_pathv[i]);
            int folder = !stat(file, &st) && S_ISDIR(st.st_mode);
            why = folder ? include(r, file) : read_file(r, file);
        }
        globfree(&found);
    }
    return why;
}

static const char *read_line(reading_t *r, const char *line)
{
    chatctl_named_t *out = r->out;
    const char *name = next_word(&line, r->pool), *word = next_word(&line, r->pool);
    if (!strcasecmp(name, "DBDriver"))
        out->driver = word;
    else if (!strcasecmp(name, "DBDParams"))
        keep(&out->params, &out->other_params, word);
    else if (!strcasecmp(name, "ChatSecretFile"))
        keep(&out->secret, &out->other_secret, word);
    else if (!strcasecmp(name, "ServerRoot"))
        r->root = word;
    else if (!strcasecmp(name, "Include") || !strcasecmp(name, "IncludeOptional"))
        return include(r, word);
    return NULL;
}

/* A backslash at the end continues a line. */
static const char *read_file(reading_t *r, const char *file)
{
    char line[LINE_MAX_BYTES], why_text[120];
    apr_size_t len = 0;
    const char *why = chatctl_owner_become(file, r->pool);
    apr_file_t *f;
    apr_status_t rv;
    if (why || r->depth == INCLUDES)
        return why;
    rv = apr_file_open(&f, file, APR_READ | APR_BUFFERED, 0, r->pool);
    if (rv != APR_SUCCESS)
        return apr_psprintf(r->pool, "cannot read %s: %s", file,
                            apr_strerror(rv, why_text, sizeof(why_text)));
    r->depth++;
    while (!why &&
           apr_file_gets(line + len, (int)(sizeof(line) - len), f) == APR_SUCCESS) {
        len = strcspn(line, "\n");
        if (len && line[len - 1] == '\\' && len < sizeof(line) - 2) {
            len--;
            continue;
        }
        line[len] = '\0';
        len = 0;
        why = read_line(r, line);
    }
    r->depth--;
    apr_file_close(f);
    return why;
}

const char *chatctl_conf_read(chatctl_named_t *out, const char *file, apr_pool_t *pool)
{
    const char *slash = strrchr(file, '/');
    reading_t r = {.out = out, .pool = pool};
    r.root = slash ? apr_pstrmemdup(pool, file, slash - file) : ".";
    return read_file(&r, file);
}

const char *chatctl_conf_installed(void)
{
    static const char *const files[] = {
        CHATCTL_CONF "/apache2.conf",         CHATCTL_CONF "/httpd.conf",
        "/etc/apache2/apache2.conf",          "/etc/httpd/conf/httpd.conf",
        "/usr/local/apache2/conf/httpd.conf", NULL};
    for (const char *const *file = files; *file; file++)
        if (!access(*file, R_OK))
            return *file;
    return NULL;
}
