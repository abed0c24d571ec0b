/* SPDX-License-Identifier: Apache-2.0 */
/* chatctl check: what is wrong with a site, and the cure. */
#include "store/check.h"

#include "base/address.h"
#include "print.h"
#include "reach.h"
#include "site.h"
#include "state.h"
#include "store/search_index.h"
#include "store/skeleton.h"

#include <apr_strings.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* Below this the next write may be the last. */
#define DISK_LEAST_MB 100

/* ---- files ---- */

/* A database that was copied has no secret beside it, and needs none. */
static int check_secret(chatctl_site_t *s)
{
    const char *file = s->secret_file;
    int wanted = !s->ctl->database && !s->secret_other &&
                 (s->ctl->state || !s->ctl->conf || !s->database.file ||
                  (file && strcmp(file, apr_pstrcat(s->ctl->pool, s->database.file,
                                                    ".secret", NULL)) != 0));
    char why[120];
    apr_status_t rv;
    if (!wanted)
        return 0;
    if (!file)
        return chatctl_fail("the secret is not named: set ChatSecretFile");
    rv = chat_secret_load(&s->site.secret, file, s->ctl->pool);
    if (rv == APR_SUCCESS)
        return 0;
    if (APR_STATUS_IS_ENOENT(rv))
        return chatctl_fail(
            "the secret %s is missing: put it back from a backup; without "
            "it every token and session ends",
            file);
    if (rv == CHAT_MALFORMED)
        return chatctl_fail("the secret %s is damaged: it must be 64 hexadecimal digits "
                            "and a newline; put it back from a backup",
                            file);
    if (APR_STATUS_IS_EACCES(rv))
        return chatctl_fail("the secret %s must be readable only by its owner: chmod 600 "
                            "it",
                            file);
    return chatctl_fail(
        "the secret %s cannot be read: %s; give it to the user that httpd "
        "serves as",
        file, apr_strerror(rv, why, sizeof(why)));
}

/* All that SQLite and mod_chat keep beside a database are its owner's. */
static int check_owners(const chatctl_site_t *s, const struct stat *database)
{
    static const char *const suffixes[] = {"-wal", "-shm", ".lock", ".outbox", NULL};
    int rc = 0;
    for (const char *const *suffix = suffixes; *suffix; suffix++) {
        const char *file = apr_pstrcat(s->ctl->pool, s->database.file, *suffix, NULL);
        struct stat st;
        if (lstat(file, &st) != 0)
            continue;
        if (!S_ISREG(st.st_mode))
            rc = chatctl_fail("%s is not a file: stop httpd and remove it", file);
        else if (st.st_uid != database->st_uid)
            rc = chatctl_fail("%s belongs to another user than the database: chown it",
                              file);
        else if (!(st.st_mode & S_IWUSR))
            rc = chatctl_fail("%s must be writable by its owner: chmod 640 it", file);
    }
    return rc;
}

static int check_disk(const char *folder)
{
    struct statvfs disk;
    unsigned long long free_mb;
    if (statvfs(folder, &disk) != 0)
        return 0;
    free_mb = (unsigned long long)disk.f_bavail * disk.f_frsize >> 20;
    if (free_mb >= DISK_LEAST_MB)
        return 0;
    return chatctl_fail("the disk of %s has %llu MB left: free some space; ChatRetention "
                        "bounds what messages take",
                        folder, free_mb);
}

static int check_files(const chatctl_site_t *s)
{
    const char *file = s->database.file;
    const char *slash = strrchr(file, '/');
    const char *folder = apr_pstrmemdup(s->ctl->pool, file,
                                        slash == file ? 1 : (apr_size_t)(slash - file));
    struct stat st;
    int rc;
    if (stat(file, &st) != 0) /* opening it says why */
        return 0;
    rc = check_owners(s, &st) | check_disk(folder);
    if (st.st_mode & S_IRWXO)
        rc |= chatctl_fail("%s can be used by every user of the machine: chmod 640 it",
                           file);
    if (!(st.st_mode & S_IWUSR))
        rc |= chatctl_fail("%s must be writable by its owner: chmod 640 it", file);
    /* of the effective user, who owns it unless root does */
    if (faccessat(AT_FDCWD, folder, W_OK | X_OK, AT_EACCESS) != 0)
        rc |= chatctl_fail("the folder %s cannot be written to, and SQLite keeps its "
                           "journals there: chown it to the user that httpd serves as",
                           folder);
    return rc;
}

/* ---- the database ---- */

static void complain(const char *findings, apr_pool_t *pool)
{
    char *rest, *line;
    for (line = apr_pstrdup(pool, findings); (line = apr_strtok(line, "\n", &rest));
         line = NULL)
        chatctl_fail("%s", line);
}

static int check_rows(chatctl_site_t *s)
{
    const char *findings = "", *index = "";
    apr_pool_t *pool = s->ctl->pool;
    apr_status_t rv = chat_store_check(&findings, s->site.store, 1, pool);
    if (rv != APR_SUCCESS && rv != CHAT_BROKEN)
        return chatctl_result(s, rv);
    if (rv == APR_SUCCESS && !*findings) {
        rv = chat_search_check(&index, s->site.store, pool);
        if (rv != APR_SUCCESS)
            return chatctl_result(s, rv);
        return *index ? chatctl_fail("%s", index) : 0;
    }
    complain(findings, pool);
    return chatctl_fail("the database is damaged; stop the server and restore a backup "
                        "with `chatctl restore FILE`");
}

/* Names that look like another are no damage. WAYS: what a message went through. */
static int sound(chatctl_site_t *s, const char *ways)
{
    const char *alike = "", *warnings = "";
    apr_pool_t *pool = s->ctl->pool;
    int rc = chatctl_result(s, chat_store_warnings(&warnings, s->site.store, pool));
    if (!rc)
        rc = chatctl_result(s, chat_skeleton_alike(&alike, s->site.store, pool));
    if (rc)
        return rc;
    complain(warnings, pool);
    chatctl_say(s->ctl, NULL, "the database is sound%s%s%s%s",
                *ways ? "; a message came through by " : "", ways,
                *alike ? "; names that look alike:\n" : "",
                apr_pstrmemdup(pool, alike, *alike ? strlen(alike) - 1 : 0));
    return *warnings ? CHATCTL_WARNED : 0;
}

/* A folder of `chatctl serve` that is not served has nothing to ask. */
static int is_off(const chatctl_t *ctl)
{
    return ctl->offline || (ctl->state && !chatctl_state_locked(ctl->state, ctl->pool));
}

static int check(chatctl_site_t *s)
{
    chatctl_served_t served = {.hosts = NULL};
    const char *ways = "", *why = NULL;
    int rc, files, rows;
    if (s->ctl->url && !chat_address_valid(s->ctl->url))
        return chatctl_misused(
            s->ctl, "--url takes an https URL, or an http URL of this machine");
    /* before the tool becomes the owner of the database, who may not read all of it */
    if (!is_off(s->ctl))
        why = chatctl_served_ask(&served, s->ctl);
    rc = chatctl_site_find(s);
    if (rc)
        return rc;
    files = why ? chatctl_fail("%s", why) : 0;
    files |= check_secret(s) | (s->database.file ? check_files(s) : 0);
    rc = chatctl_site_connect(s, CHATCTL_READS, s->ctl->pool);
    if (rc)
        return rc;
    rows = check_rows(s);
    if (!files && !rows && served.hosts)
        files = chatctl_reach_try(s, &served, &ways);
    rc = rows ? rows : sound(s, ways);
    return files ? CHATCTL_FAILED : rc;
}

/* clang-format off */
const chatctl_command_t chatctl_check_commands[] = {
    {"check", NULL, check, "[--url URL] [--offline]", 0, 0, CHATCTL_NONE, "find what is wrong with a site, and the cure",
     "Looks at the secret, the files' rights, the disk, the schema, the integrity of the\n"
     "database and of the index of words, the outbox and the clock. Of a running site also at\n"
     "httpd's configuration and limits, chatd, mail and Discord, and sends a message by each way\n"
     "in. Each line has the fault and the cure.\n"
     "Exit code 0: nothing; 1: faults; 3: warnings alone.\n"
     "  --url      where the site is reached, instead of the address on this machine\n"
     "  --offline  asks no program and sends nothing\n"},
    {NULL, NULL, NULL, NULL, 0, 0, CHATCTL_NONE, NULL, NULL},
};
/* clang-format on */
