/* SPDX-License-Identifier: Apache-2.0 */
/* The state directory of `chatctl serve`: what lies there, who owns it. */
#include "serve.h"

#include <apr_file_io.h>
#include <apr_strings.h>
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* What apxs said when this was built; other places are looked at too. */
#ifndef CHATCTL_HTTPD
#define CHATCTL_HTTPD "/usr/sbin/httpd"
#endif
#ifndef CHATCTL_MODULES
#define CHATCTL_MODULES "/usr/lib/httpd/modules"
#endif

#define DATABASE_MAX 4096 /* bytes of DRIVER:PARAMS */

static const char *const programs[] = {CHATCTL_HTTPD,     "/usr/sbin/apache2",
                                       "/usr/sbin/httpd", "/usr/local/apache2/bin/httpd",
                                       "/usr/bin/httpd",  NULL};
static const char *const module_dirs[] = {
    CHATCTL_MODULES,          "/usr/lib/apache2/modules",   "/usr/lib64/httpd/modules",
    "/usr/lib/httpd/modules", "/usr/local/apache2/modules", NULL};
static const char *const web_users[] = {"www-data", "apache", "http", "nobody", NULL};

/* The state directory and the directories in it. */
static const char *const parts[] = {"", "/run", "/logs", "/htdocs", NULL};

static const char *first_of(const char *const *paths, int how)
{
    for (; *paths; paths++)
        if (!access(*paths, how))
            return *paths;
    return NULL;
}

const char *chatctl_beside(const char *name, apr_pool_t *pool)
{
    char self[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
    char *slash;
    if (n <= 0)
        return NULL;
    self[n] = '\0';
    slash = strrchr(self, '/');
    return apr_psprintf(pool, "%.*s/%s", (int)(slash - self), self, name);
}

const char *chatctl_serve_find(chatctl_serve_t *s)
{
    const char *near = chatctl_beside("mod_chat.so", s->pool);
    const char *mpm;
    s->httpd = first_of(programs, X_OK);
    if (!s->httpd)
        return "Apache httpd is not installed";
    s->modules = first_of(module_dirs, X_OK);
    if (!s->modules)
        return "the directory of httpd's modules cannot be found";
    mpm = apr_psprintf(s->pool, "%s/mod_mpm_%s.so", s->modules, s->mpm);
    if (access(mpm, R_OK))
        return apr_psprintf(s->pool, "httpd has no module %s", mpm);
    s->module = near && !access(near, R_OK)
                    ? near
                    : apr_psprintf(s->pool, "%s/mod_chat.so", s->modules);
    if (access(s->module, R_OK))
        return apr_psprintf(s->pool, "mod_chat.so is neither beside chatctl nor in %s",
                            s->modules);
    return chatctl_conf_refuse(s->module)
               ? apr_psprintf(s->pool, "the name %s %s", s->module,
                              chatctl_conf_refuse(s->module))
               : NULL;
}

const char *chatctl_file_write(const char *path, const char *text, apr_pool_t *pool)
{
    const char *name = apr_pstrcat(pool, path, ".new", NULL);
    apr_size_t len = strlen(text);
    int fd, failed;
    unlink(name);
    fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return apr_psprintf(pool, "%s cannot be written: %s", path, strerror(errno));
    errno = ENOSPC;
    failed = write(fd, text, len) != (ssize_t)len;
    failed |= close(fd) != 0;
    if (failed || rename(name, path))
        return apr_psprintf(pool, "%s cannot be written: %s", path, strerror(errno));
    return NULL;
}

const char *chatctl_state_database(const char **driver, const char **params,
                                   const char *state, apr_pool_t *pool)
{
    const char *path = apr_pstrcat(pool, state, "/database", NULL);
    char text[DATABASE_MAX + 1];
    char *colon;
    ssize_t n;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    *driver = "sqlite3";
    *params = apr_pstrcat(pool, state, "/chat.db", NULL);
    if (fd < 0)
        return errno == ENOENT
                   ? NULL
                   : apr_psprintf(pool, "%s cannot be read: %s", path, strerror(errno));
    n = read(fd, text, DATABASE_MAX);
    close(fd);
    text[n > 0 ? n : 0] = '\0';
    text[strcspn(text, "\n")] = '\0';
    colon = strchr(text, ':');
    if (!colon)
        return apr_psprintf(pool, "%s does not hold DRIVER:PARAMS", path);
    *driver = apr_pstrmemdup(pool, text, (apr_size_t)(colon - text));
    *params = apr_pstrdup(pool, colon + 1);
    return NULL;
}

const char *chatctl_state_remember(const char *state, const char *database,
                                   apr_pool_t *pool)
{
    if (strlen(database) >= DATABASE_MAX)
        return "--database is too long";
    return chatctl_file_write(apr_pstrcat(pool, state, "/database", NULL),
                              apr_pstrcat(pool, database, "\n", NULL), pool);
}

/* Whether DIR has a directory in it that `chatctl serve` does not make. */
static int has_foreign(const char *dir)
{
    DIR *d = opendir(dir);
    const struct dirent *e;
    struct stat st;
    int found = 0;
    while (d && (e = readdir(d))) {
        int ours = !strcmp(e->d_name, ".") || !strcmp(e->d_name, "..");
        for (const char *const *part = parts; *part && !ours; part++)
            ours = !strcmp(e->d_name, *part + strspn(*part, "/"));
        found |= !ours && !fstatat(dirfd(d), e->d_name, &st, AT_SYMLINK_NOFOLLOW) &&
                 S_ISDIR(st.st_mode);
    }
    if (d)
        closedir(d);
    return found;
}

/* A directory that belongs to the system must not change hands because of a slip. */
static int belongs_to_others(const char *dir, apr_pool_t *pool)
{
    struct stat st;
    if (!access(apr_pstrcat(pool, dir, "/httpd.conf", NULL), F_OK))
        return 0;
    return stat(dir, &st) || (st.st_mode & S_ISVTX) || has_foreign(dir);
}

/* As root: who the children are. */
static const char *choose_user(chatctl_serve_t *s)
{
    if (geteuid() != 0)
        return NULL;
    for (const char *const *name = web_users; *name; name++) {
        const struct passwd *pw = getpwnam(*name);
        if (!pw)
            continue;
        s->user = *name;
        s->uid = pw->pw_uid;
        s->gid = pw->pw_gid;
        return NULL;
    }
    return "there is no user www-data, apache, http or nobody to serve as";
}

/* Whether the user that serves can work in the state directory: its parents may be
 * closed. */
static int user_gets_in(const chatctl_serve_t *s)
{
    int status;
    pid_t pid = fork();
    if (pid == 0) {
        int rc = setgroups(0, NULL) || setgid(s->gid) || setuid(s->uid) ||
                 access(s->state, R_OK | W_OK | X_OK);
        _exit(rc ? 1 : 0);
    }
    return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

/* Makes the directory if need be; symbolic links are not followed when it changes hands.
 */
static const char *give(const chatctl_serve_t *s, const char *dir)
{
    struct stat st;
    if (mkdir(dir, 0750) && errno != EEXIST)
        return apr_psprintf(s->pool, "%s cannot be made: %s", dir, strerror(errno));
    if (lstat(dir, &st) || !S_ISDIR(st.st_mode))
        return apr_psprintf(s->pool, "%s is no directory", dir);
    if (s->user && lchown(dir, s->uid, s->gid))
        return apr_psprintf(s->pool, "%s cannot be given to %s: %s", dir, s->user,
                            strerror(errno));
    return NULL;
}

static const char *resolve(chatctl_serve_t *s, const char *path)
{
    char real[PATH_MAX];
    const char *why;
    apr_status_t rv;
    int fresh = access(path, F_OK) != 0;
    if (!*path)
        return "--state names no directory";
    if ((why = chatctl_conf_refuse(path)))
        return apr_psprintf(s->pool, "the name %s %s", path, why);
    rv = apr_dir_make_recursive(path,
                                APR_FPROT_UREAD | APR_FPROT_UWRITE | APR_FPROT_UEXECUTE |
                                    APR_FPROT_GREAD | APR_FPROT_GEXECUTE |
                                    APR_FPROT_WREAD | APR_FPROT_WEXECUTE,
                                s->pool);
    if (rv != APR_SUCCESS)
        return apr_psprintf(s->pool, "%s cannot be made: %s", path,
                            strerror(APR_TO_OS_ERROR(rv)));
    if (!realpath(path, real) || (fresh && chmod(real, 0750)))
        return apr_psprintf(s->pool, "%s cannot be used: %s", path, strerror(errno));
    s->state = apr_pstrdup(s->pool, real);
    return (why = chatctl_conf_refuse(real))
               ? apr_psprintf(s->pool, "the name %s %s", real, why)
               : NULL;
}

const char *chatctl_serve_prepare(chatctl_serve_t *s, const char *path)
{
    const char *why;
    if ((why = resolve(s, path)) || (why = choose_user(s)))
        return why;
    if (belongs_to_others(s->state, s->pool))
        return apr_psprintf(s->pool,
                            "%s is used for other things; choose a directory of its own",
                            s->state);
    if (access(s->state, R_OK | W_OK | X_OK))
        return apr_psprintf(s->pool, "%s cannot be written: %s", s->state,
                            strerror(errno));
    for (const char *const *part = parts; *part; part++)
        if ((why = give(s, apr_pstrcat(s->pool, s->state, *part, NULL))))
            return why;
    if (s->user && !user_gets_in(s))
        return apr_psprintf(
            s->pool,
            "%s cannot be reached by the user %s, as which httpd serves: choose a "
            "directory whose parents are open to it",
            s->state, s->user);
    return NULL;
}

const char *chatctl_serve_certificate(const chatctl_serve_t *s)
{
    const char *key = apr_pstrcat(s->pool, s->state, "/tls.key", NULL);
    const char *cert = apr_pstrcat(s->pool, s->state, "/tls.crt", NULL);
    unsigned char binary[16];
    int number = inet_pton(AF_INET, s->bind, binary) == 1 ||
                 inet_pton(AF_INET6, s->bind, binary) == 1;
    const char *names =
        apr_pstrcat(s->pool, "subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1,",
                    number ? "IP:" : "DNS:", s->bind, NULL);
    const char *const argv[] = {"openssl",
                                "req",
                                "-x509",
                                "-newkey",
                                "ec",
                                "-pkeyopt",
                                "ec_paramgen_curve:prime256v1",
                                "-nodes",
                                "-days",
                                "3650",
                                "-subj",
                                "/CN=localhost",
                                "-addext",
                                "basicConstraints=critical,CA:FALSE",
                                "-addext",
                                names,
                                "-keyout",
                                key,
                                "-out",
                                cert,
                                NULL};
    mode_t mask;
    int rc;
    if (!access(key, F_OK) && !access(cert, F_OK))
        return NULL;
    mask = umask(077);
    rc = chatctl_run(argv, -1);
    umask(mask);
    if (rc == 0)
        return NULL;
    unlink(key);
    unlink(cert);
    return rc == 127 ? "--tls-port needs the program openssl, which is not installed"
                     : "openssl did not make a certificate";
}
