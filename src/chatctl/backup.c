/* SPDX-License-Identifier: Apache-2.0 */
/* chatctl backup, restore */
#include "backup_rows.h"
#include "base/file.h"
#include "core/admin_local.h"
#include "owner.h"
#include "print.h"
#include "site.h"
#include "state.h"
#include "store/check.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define COPY_BYTES 65536

/* Where the connections to an SQLite database hold their locks. */
#define SQLITE_LOCK_FROM 0x40000000
#define SQLITE_LOCK_BYTES 512

/* What SQLite keeps beside a database. */
static const char *const companions[] = {"-wal", "-shm", "-journal", NULL};

static const char *name_of(const char *file, const char *suffix, const chatctl_site_t *s)
{
    return apr_pstrcat(s->ctl->pool, file, suffix, NULL);
}

/* A new file, which an error removes again; -1 after a complaint. */
static int make(const char *file, mode_t mode)
{
    int fd = open(file, O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, mode);
    if (fd < 0)
        chatctl_fail("cannot create %s: %s", file, strerror(errno));
    return fd;
}

/* Copies the open file FROM into the new file NAME. Returns 0 or an exit code. */
static int copy(int from, const char *name, mode_t mode)
{
    char buffer[COPY_BYTES], why[120];
    apr_status_t rv = APR_SUCCESS;
    ssize_t n;
    int to = make(name, mode);
    if (to < 0)
        return CHATCTL_FAILED;
    while (rv == APR_SUCCESS && (n = read(from, buffer, sizeof(buffer))) != 0)
        rv = n < 0 ? errno : chat_file_write_all(to, buffer, (apr_size_t)n);
    if (rv == APR_SUCCESS && fsync(to))
        rv = errno;
    close(to);
    if (rv == APR_SUCCESS)
        return 0;
    unlink(name);
    return chatctl_fail("cannot copy to %s: %s", name,
                        apr_strerror(rv, why, sizeof(why)));
}

/* --- backup --- */

/* FILE without links on the way: what becomes one later is not followed. */
static const char *place_of(const char *file, apr_pool_t *pool)
{
    const char *name = apr_filepath_name_get(file);
    char real[PATH_MAX];
    const char *folder =
        name == file ? "." : apr_pstrmemdup(pool, file, (apr_size_t)(name - file));
    return realpath(folder, real) ? apr_pstrcat(pool, real, "/", name, NULL) : file;
}

static int write_backup(chatctl_site_t *s, const char *file)
{
    struct stat made, now;
    int fd, rc = chatctl_site_leave(s);
    if (rc)
        return rc;
    file = place_of(file, s->ctl->pool);
    if ((fd = make(file, 0600)) < 0)
        return CHATCTL_FAILED;
    rc = s->database.file ? chatctl_result(s, chat_store_backup(s->site.store, file))
                          : chatctl_backup_rows(s, fd, file);
    if (!rc && (fstat(fd, &made) || lstat(file, &now) || made.st_ino != now.st_ino ||
                made.st_dev != now.st_dev))
        rc = chatctl_fail("%s was replaced meanwhile", file);
    close(fd);
    if (rc)
        unlink(file);
    return rc;
}

static int backup(chatctl_site_t *s)
{
    const char *file = chatctl_arg(s, 0), *secret = name_of(file, ".secret", s);
    int from = -1, rc;
    if (s->ctl->with_secret) {
        if ((rc = chatctl_site_secret(s)))
            return rc;
        from = open(s->secret_file, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    }
    rc = write_backup(s, file);
    if (!rc && from >= 0)
        rc = copy(from, secret, 0600);
    if (rc)
        return rc;
    if (from >= 0)
        return chatctl_say(s->ctl, NULL, "copied to %s, the secret to %s", file, secret);
    return chatctl_say(s->ctl, NULL,
                       "copied to %s; its tokens are valid only with the secret, %s",
                       file, s->secret_file);
}

/* --- restore --- */

/* The files to restore, opened before root's rights are dropped; -1: missing. */
typedef struct source_t {
    int database, wal, secret;
} source_t;

static int open_sources(source_t *out, const chatctl_site_t *s)
{
    const char *file = chatctl_arg(s, 0);
    apr_pool_t *pool = s->ctl->pool;
    out->wal = out->secret = -1;
    out->database = chatctl_owner_open(file, pool);
    if (out->database < 0)
        return chatctl_fail("cannot read %s: %s", file, strerror(errno));
    out->wal = chatctl_owner_open(name_of(file, "-wal", s), pool);
    if (s->ctl->with_secret)
        out->secret = chatctl_owner_open(name_of(file, ".secret", s), pool);
    if (s->ctl->with_secret && out->secret < 0)
        return chatctl_fail("cannot read %s.secret: %s", file, strerror(errno));
    return 0;
}

/* Every connection in WAL mode holds a lock as long as it is open. */
static int is_used(const char *file)
{
    struct flock lock = {.l_type = F_WRLCK,
                         .l_whence = SEEK_SET,
                         .l_start = SQLITE_LOCK_FROM,
                         .l_len = SQLITE_LOCK_BYTES};
    int fd = open(file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC), used;
    if (fd < 0)
        return 0;
    used = fcntl(fd, F_GETLK, &lock) != 0 || lock.l_type != F_UNLCK;
    close(fd);
    return used;
}

static void remove_all(const char *file, const chatctl_site_t *s)
{
    unlink(file);
    unlink(name_of(file, ".lock", s));
    for (const char *const *suffix = companions; *suffix; suffix++)
        unlink(name_of(file, *suffix, s));
}

/* Opens the copy as the server will, which also merges its write-ahead log. */
static int verify(chatctl_site_t *s, const char *file)
{
    const chat_database_t place = s->database;
    const char *findings = "", *why;
    apr_pool_t *pool;
    int rc;
    apr_pool_create(&pool, s->ctl->pool);
    rc = chat_database_parse(&s->database, &why, "sqlite3", file, s->ctl->pool);
    if (!rc)
        rc = chatctl_site_connect(s, CHATCTL_WRITES, pool);
    if (!rc && chat_store_check(&findings, s->site.store, 0, s->ctl->pool) != APR_SUCCESS)
        findings = "it cannot be read";
    if (*findings)
        rc = chatctl_fail("not restored, %s is damaged: %.*s", chatctl_arg(s, 0),
                          (int)strcspn(findings, "\n"), findings);
    apr_pool_destroy(pool);
    s->database = place;
    return rc;
}

/* The database that was there stays beside the restored one, with its log. */
static int replace(const chatctl_site_t *s, const char *fresh)
{
    const char *file = s->database.file, *old = name_of(file, ".replaced", s);
    remove_all(old, s);
    if (rename(file, old) && errno != ENOENT)
        return chatctl_fail("cannot rename %s: %s", file, strerror(errno));
    for (const char *const *suffix = companions; *suffix; suffix++)
        rename(name_of(file, *suffix, s), name_of(old, *suffix, s));
    unlink(name_of(file, ".lock", s));
    if (rename(fresh, file))
        return chatctl_fail("cannot rename %s: %s", fresh, strerror(errno));
    return 0;
}

static int restore_secret(const chatctl_site_t *s, const source_t *from)
{
    const char *fresh;
    int rc;
    if (from->secret < 0)
        return 0;
    if (!s->secret_file)
        return chatctl_fail("there is no place for the secret: set ChatSecretFile in the "
                            "--conf file");
    fresh = name_of(s->secret_file, ".restored", s);
    unlink(fresh);
    rc = copy(from->secret, fresh, 0600);
    if (!rc && rename(fresh, s->secret_file))
        rc = chatctl_fail("cannot rename %s: %s", fresh, strerror(errno));
    return rc;
}

static int restore_from(chatctl_site_t *s, const source_t *from)
{
    const char *fresh = name_of(s->database.file, ".restored", s);
    int rc;
    remove_all(fresh, s);
    rc = copy(from->database, fresh, 0640);
    if (!rc && from->wal >= 0)
        rc = copy(from->wal, name_of(fresh, "-wal", s), 0640);
    if (!rc)
        rc = verify(s, fresh);
    if (!rc)
        rc = restore_secret(s, from);
    if (!rc)
        rc = replace(s, fresh);
    remove_all(fresh, s);
    return rc;
}

static int restore(chatctl_site_t *s)
{
    source_t from;
    int served = s->ctl->state && chatctl_state_locked(s->ctl->state, s->ctl->pool);
    int rc = open_sources(&from, s);
    if (!rc)
        rc = chatctl_site_find(s);
    if (rc)
        return rc;
    if (served || (s->database.file && is_used(s->database.file)))
        return chatctl_fail("%s is in use; stop the web server first",
                            s->database.file ? s->database.file : s->ctl->state);
    if (s->database.file)
        rc = restore_from(s, &from);
    else if (!(rc = chatctl_restore_rows(s, from.database, chatctl_arg(s, 0))))
        rc = restore_secret(s, &from);
    return rc ? rc
              : chatctl_say(s->ctl, NULL, "restored %s as %s", chatctl_arg(s, 0),
                            s->database.file ? s->database.file : "the database");
}

/* clang-format off */
const chatctl_command_t chatctl_backup_commands[] = {
    {"backup", NULL, backup, "FILE [--with-secret]", 1, 1, CHATCTL_READS,
     "copy the database to FILE, also while the site runs",
     "  --with-secret  copy the secret to FILE.secret, too: without it no token is valid\n"},
    {"restore", NULL, restore, "FILE [--with-secret] [--state DIR | --conf FILE... | --database DRIVER:PARAMS]",
     1, 1, CHATCTL_NONE, "replace the database of a stopped site by the backup FILE; on PostgreSQL, fill an empty one",
     "  --with-secret  replace the secret by FILE.secret, too\n"},
    {NULL, NULL, NULL, NULL, 0, 0, CHATCTL_NONE, NULL, NULL},
};
/* clang-format on */
