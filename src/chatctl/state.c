/* SPDX-License-Identifier: Apache-2.0 */
/* The state directory of `chatctl serve`: what lies there, who owns it. */
#include "state.h"

#include "base/file.h"
#include "base/status.h"
#include "owner.h"
#include "serve_conf.h"
#include "serve_find.h"

#include <apr_file_io.h>
#include <apr_strings.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* Where `make install` puts the page. */
#ifndef CHATCTL_PAGE
#define CHATCTL_PAGE "/usr/local/share/mod_chat/page"
#endif

#define DATABASE_MAX 4096 /* bytes of DRIVER:PARAMS */

/* The directories in it, and whose they are as root. */
static const struct part_t {
    const char *name;
    enum { PRIVATE, SHOWN, GIVEN } to; /* root alone; read by the children; theirs */
} parts[] = {{"logs", PRIVATE}, {"htdocs", SHOWN}, {"run", SHOWN}, {"data", GIVEN}};

#define PARTS (sizeof(parts) / sizeof(*parts))

/* What root reads there; as in no other user's directory, none of it may be a link. */
static const char *const files[] = {"httpd.conf", "database", "serve.lock",
                                    "tls.key",    "tls.crt",  NULL};

/* What belongs to an SQLite database, as older releases kept it beside these. */
static const char *const moved[] = {
    "chat.db-wal",      "chat.db-shm", "chat.db.lock", "chat.db.secret",
    "chat.db.sessions", "secret",      "chat.db",      NULL};

static const char *path_of(const char *state, const char *name, apr_pool_t *pool)
{
    return apr_pstrcat(pool, state, "/", name, NULL);
}

/* Where an older release left it until the next `chatctl serve` moves it. */
static const char *placed(const char *state, const char *name, apr_pool_t *pool)
{
    const char *old = path_of(state, name, pool);
    const char *file = path_of(state, apr_pstrcat(pool, "data/", name, NULL), pool);
    return access(file, F_OK) && !access(old, F_OK) ? old : file;
}

static const char *database_file(const char *state, apr_pool_t *pool)
{
    return placed(state, "chat.db", pool);
}

const char *chatctl_state_secret(const char *state, const char *driver, apr_pool_t *pool)
{
    return strcmp(driver, "sqlite3") ? placed(state, "secret", pool) : NULL;
}

const char *chatctl_state_database(const char **driver, const char **params,
                                   const char *state, apr_pool_t *pool)
{
    const char *path = path_of(state, "database", pool);
    char *text, *colon, why[120];
    apr_size_t len;
    apr_status_t rv = chat_file_read(&text, &len, path, DATABASE_MAX, pool);
    *driver = "sqlite3";
    *params = database_file(state, pool);
    if (APR_STATUS_IS_ENOENT(rv))
        return NULL;
    if (rv != APR_SUCCESS)
        return apr_psprintf(pool, "%s cannot be read: %s", path,
                            apr_strerror(rv, why, sizeof(why)));
    text[strcspn(text, "\n")] = '\0';
    colon = strchr(text, ':');
    if (!colon)
        return apr_psprintf(pool, "%s does not hold DRIVER:PARAMS", path);
    *driver = apr_pstrmemdup(pool, text, (apr_size_t)(colon - text));
    *params = colon + 1;
    return NULL;
}

const char *chatctl_state_remember(const char *state, const char *database,
                                   apr_pool_t *pool)
{
    const char *path = path_of(state, "database", pool);
    char why[120];
    apr_status_t rv =
        strlen(database) >= DATABASE_MAX
            ? CHAT_TOOBIG
            : chat_file_replace(path, apr_pstrcat(pool, database, "\n", NULL), -1, -1,
                                pool);
    return rv == APR_SUCCESS ? NULL
                             : apr_psprintf(pool, "%s cannot be written: %s", path,
                                            apr_strerror(rv, why, sizeof(why)));
}

/* --- the lock --- */

static const char *lock(const chatctl_serve_t *s)
{
    const char *path = path_of(s->state, "serve.lock", s->pool);
    int fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return apr_psprintf(s->pool, "%s cannot be opened: %s", path, strerror(errno));
    if (flock(fd, LOCK_EX | LOCK_NB))
        return apr_psprintf(s->pool, "%s is being served already", s->state);
    return NULL;
}

int chatctl_state_locked(const char *state, apr_pool_t *pool)
{
    const char *path = path_of(state, "serve.lock", pool);
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    int locked = fd >= 0 && flock(fd, LOCK_SH | LOCK_NB);
    if (fd >= 0)
        close(fd);
    return locked;
}

int chatctl_state_served(const char *state, apr_pool_t *pool)
{
    return !access(path_of(state, "httpd.conf", pool), F_OK);
}

/* --- making it --- */

/* The page, of the build or the installation, so that the children can read it wherever
 * the original lies; its times stay, and with them the ETags. */
static const char *copy_page(const chatctl_serve_t *s)
{
    const char *page = chatctl_beside("page", s->pool);
    const char *const argv[] = {"cp",
                                "-r",
                                "--remove-destination",
                                "--preserve=timestamps",
                                page && !access(page, R_OK)
                                    ? apr_pstrcat(s->pool, page, "/.", NULL)
                                    : CHATCTL_PAGE "/.",
                                path_of(s->state, "htdocs", s->pool),
                                NULL};
    if (access(argv[4], R_OK) || chatctl_run(argv, -1) == 0)
        return NULL;
    return apr_psprintf(s->pool, "the page %s cannot be copied to %s", argv[4], argv[5]);
}

static int is_part(const char *name)
{
    for (apr_size_t i = 0; i < PARTS; i++)
        if (!strcmp(parts[i].name, name))
            return 1;
    return !strcmp(name, ".") || !strcmp(name, "..");
}

/* Calls VISIT for everything in DIR. */
static void each(const char *dir, void (*visit)(int fd, const char *name, void *baton),
                 void *baton)
{
    DIR *d = opendir(dir);
    const struct dirent *e;
    while (d && (e = readdir(d)))
        visit(dirfd(d), e->d_name, baton);
    if (d)
        closedir(d);
}

static void find_foreign(int fd, const char *name, void *found)
{
    struct stat st;
    *(int *)found |= !is_part(name) && !fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) &&
                     S_ISDIR(st.st_mode);
}

/* A directory that belongs to the system must not change hands because of a slip. */
static int belongs_to_others(const chatctl_serve_t *s)
{
    struct stat st;
    int foreign = 0;
    if (chatctl_state_served(s->state, s->pool))
        return 0;
    each(s->state, find_foreign, &foreign);
    return foreign || stat(s->state, &st) || (st.st_mode & S_ISVTX);
}

/* Whether the user that serves can work in the state directory: its parents may be
 * closed. */
static int user_gets_in(const chatctl_serve_t *s)
{
    int status;
    pid_t pid = fork();
    if (pid == 0) {
        int rc = setgroups(0, NULL) || setgid(s->gid) || setuid(s->uid) ||
                 access(s->state, X_OK);
        _exit(rc ? 1 : 0);
    }
    return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

/* As root: a folder that another user can replace is not for us. The last part of PATH
 * may be the children's, which an older release gave it to. */
static const char *check_owners(const chatctl_serve_t *s, const char *path)
{
    const char *slash = strrchr(path, '/');
    struct stat st;
    uid_t owner = 0;
    if (!s->user)
        return NULL;
    if (!lstat(path, &st) && st.st_uid != s->uid)
        owner = st.st_uid;
    if (!owner &&
        !chatctl_owner_find(&st, apr_pstrmemdup(s->pool, path, slash - path), s->pool))
        return NULL;
    return apr_psprintf(s->pool,
                        "%s can be replaced by user %ld; as root, choose a directory "
                        "whose parents all belong to root, for example /var/lib/mod_chat",
                        path, (long)(owner ? owner : st.st_uid));
}

static const char *resolve(chatctl_serve_t *s, const char *path)
{
    char real[PATH_MAX], *absolute;
    const char *why;
    apr_status_t rv;
    int fresh;
    if (!*path)
        return "--state names no directory";
    if ((why = chatctl_conf_refuse(path)))
        return apr_psprintf(s->pool, "the name %s %s", path, why);
    fresh = access(path, F_OK) != 0;
    rv = apr_filepath_merge(&absolute, NULL, path, APR_FILEPATH_NOTRELATIVE, s->pool);
    if (rv == APR_SUCCESS && (why = check_owners(s, absolute)))
        return why;
    if (rv == APR_SUCCESS)
        rv = apr_dir_make_recursive(absolute, APR_FPROT_OS_DEFAULT, s->pool);
    if (rv != APR_SUCCESS)
        return apr_psprintf(s->pool, "%s cannot be created: %s", path,
                            strerror(APR_TO_OS_ERROR(rv)));
    if (!realpath(absolute, real) || (fresh && chmod(real, 0750)))
        return apr_psprintf(s->pool, "%s cannot be used: %s", path, strerror(errno));
    s->state = apr_pstrdup(s->pool, real);
    if ((why = chatctl_conf_refuse(real)))
        return apr_psprintf(s->pool, "the name %s %s", real, why);
    return check_owners(s, real);
}

/* Creates DIR if need be and gives it UID:GID (as root) and mode 0750. */
static const char *make(const chatctl_serve_t *s, const char *dir, uid_t uid, gid_t gid)
{
    int fd, failed;
    if (mkdir(dir, 0750) && errno != EEXIST)
        return apr_psprintf(s->pool, "%s cannot be created: %s", dir, strerror(errno));
    fd = open(dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    failed = fd < 0 || (s->user && (fchown(fd, uid, gid) || fchmod(fd, 0750)));
    if (fd >= 0)
        close(fd);
    return failed ? apr_psprintf(s->pool, "%s cannot be used: %s", dir, strerror(errno))
                  : NULL;
}

/* Whether the file is root's and has no other name. */
static int is_ours(int fd, const char *name)
{
    struct stat st;
    return !fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) && S_ISREG(st.st_mode) &&
           st.st_uid == 0 && st.st_nlink == 1;
}

static void remove_foreign(int fd, const char *name, void *baton)
{
    (void)baton;
    if (!is_ours(fd, name))
        unlinkat(fd, name, 0);
}

/* As root: what the children could write before the directories became root's. */
static const char *take_over(const chatctl_serve_t *s)
{
    const char *file = database_file(s->state, s->pool);
    struct stat st;
    for (const char *const *name = files; *name; name++) {
        const char *read = path_of(s->state, *name, s->pool);
        if (!lstat(read, &st) && !is_ours(AT_FDCWD, read))
            return apr_psprintf(
                s->pool,
                "%s belongs to other users too and may have been changed by "
                "others: check it, then remove it or give it to root",
                read);
    }
    each(path_of(s->state, "logs", s->pool), remove_foreign, NULL);
    each(path_of(s->state, "run", s->pool), remove_foreign, NULL);
    if (!lstat(file, &st) && !S_ISREG(st.st_mode))
        return apr_psprintf(s->pool, "%s is not a regular file", file);
    return NULL;
}

/* From where older releases had it. */
static const char *move_database(const chatctl_serve_t *s)
{
    for (const char *const *name = moved; *name; name++) {
        const char *old = path_of(s->state, *name, s->pool);
        const char *file =
            path_of(s->state, apr_pstrcat(s->pool, "data/", *name, NULL), s->pool);
        if (access(file, F_OK) && rename(old, file) && errno != ENOENT)
            return apr_psprintf(s->pool, "%s cannot be moved to %s: %s", old, file,
                                strerror(errno));
    }
    return NULL;
}

const char *chatctl_state_prepare(chatctl_serve_t *s, const char *path)
{
    const char *why;
    if ((why = resolve(s, path)))
        return why;
    if (belongs_to_others(s))
        return apr_psprintf(s->pool,
                            "%s is used for other things; choose a directory of its own",
                            s->state);
    if (access(s->state, R_OK | W_OK | X_OK))
        return apr_psprintf(s->pool, "%s cannot be written: %s", s->state,
                            strerror(errno));
    if ((why = lock(s)) || (why = make(s, s->state, 0, s->gid)))
        return why;
    for (apr_size_t i = 0; i < PARTS; i++) {
        int given = parts[i].to == GIVEN;
        if ((why = make(s, path_of(s->state, parts[i].name, s->pool), given ? s->uid : 0,
                        parts[i].to == PRIVATE ? 0 : s->gid)))
            return why;
    }
    if (s->user && (why = take_over(s)))
        return why;
    if (s->user && !user_gets_in(s))
        return apr_psprintf(
            s->pool,
            "%s cannot be reached by the user %s, as which httpd serves: "
            "choose a directory whose parents are open to it, for example "
            "--state /var/lib/mod_chat",
            s->state, s->user);
    return (why = move_database(s)) ? why : copy_page(s);
}
