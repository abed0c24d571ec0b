/* SPDX-License-Identifier: Apache-2.0 */
/* Files that a configuration names: present, and usable for the run user. */
#include "httpd/config/check_files.h"

#include "base/address.h"

#include <apr_strings.h>
#include <errno.h>
#include <http_core.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOOKS 3
#define LOOK_PAUSE (20 * 1000) /* microseconds */

static const char *runner_name(const chat_check_t *check)
{
    return check->runner.name ? check->runner.name
                              : apr_psprintf(check->temp, "%d", (int)check->runner.uid);
}

/* The first directory on the way to PATH that the user cannot pass; NULL: none. */
static const char *closed_way(const chat_check_t *check, const char *path)
{
    const char *slash = path;
    while ((slash = strchr(slash + 1, '/')) != NULL) {
        const char *part = apr_pstrmemdup(check->temp, path, (apr_size_t)(slash - path));
        if (!chat_runner_may(&check->runner, part, X_OK))
            return part;
    }
    return NULL;
}

/* ---- databases ---- */

static const char *directory_of(const char *file, apr_pool_t *pool)
{
    const char *slash = strrchr(file, '/');
    return slash == file ? "/" : apr_pstrmemdup(pool, file, (apr_size_t)(slash - file));
}

/* A file of the database may be missing; one that exists must be usable. At a restart the
 * old processes create and remove journals meanwhile, so the check is repeated. */
static void check_part(chat_check_t *check, const char *file)
{
    struct stat st;
    for (int look = 0; look < LOOKS; look++) {
        if (stat(file, &st) != 0)
            return;
        if (!S_ISREG(st.st_mode)) {
            chat_check_mistake(check, 106, "DBDParams: %s is not a file%s", file,
                               S_ISDIR(st.st_mode) ? " but a directory" : "");
            return;
        }
        if (chat_runner_may(&check->runner, file, R_OK | W_OK))
            return;
        apr_sleep(LOOK_PAUSE);
    }
    chat_check_mistake(
        check, 107,
        "DBDParams: the file %s must be readable and writable by %s: chown %s %s", file,
        runner_name(check), runner_name(check), file);
}

static int below(const char *file, const char *dir)
{
    apr_size_t len = strlen(dir);
    while (len > 1 && dir[len - 1] == '/')
        len--;
    return !strncmp(file, dir, len) && (file[len] == '/' || len == 1);
}

/* A database that the web server hands out as a file. */
static void check_public(chat_check_t *check, const char *file)
{
    server_rec *s;
    for (s = check->generation->main; s; s = s->next) {
        core_server_config *core = ap_get_core_module_config(s->module_config);
        if (!core->ap_document_root || !below(file, core->ap_document_root))
            continue;
        chat_check_warn(check, 108,
                        "the database %s is below the DocumentRoot %s and can be "
                        "downloaded",
                        file, core->ap_document_root);
        return;
    }
}

/* SQLite creates journals and a lock file beside the database, so the directory matters.
 */
void chat_check_database_file(chat_check_t *check, const char *file)
{
    static const char *const parts[] = {"", "-wal", "-shm", ".lock"};
    const char *dir = directory_of(file, check->temp), *closed;
    struct stat st;
    if (stat(file, &st) == 0 && S_ISDIR(st.st_mode)) {
        check_part(check, file);
        return;
    }
    if (stat(dir, &st) != 0 || !S_ISDIR(st.st_mode)) {
        chat_check_mistake(check, 104,
                           "DBDParams %s: there is no directory %s; to create it: "
                           "install -d -m 750 -o %s %s",
                           file, dir, runner_name(check), dir);
        return;
    }
    closed = closed_way(check, dir);
    if (closed)
        chat_check_mistake(check, 119,
                           "DBDParams %s: %s has no search permission on the directory "
                           "%s",
                           file, runner_name(check), closed);
    else if (!chat_runner_may(&check->runner, dir, W_OK | X_OK))
        chat_check_mistake(check, 105,
                           "DBDParams %s: the directory %s must be writable by %s, as "
                           "`install -d -m 750 -o %s /var/lib/mod_chat` makes one",
                           file, dir, runner_name(check), runner_name(check));
    for (apr_size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
        check_part(check, apr_pstrcat(check->temp, file, parts[i], NULL));
    check_public(check, file);
}

/* ---- secrets ---- */

void chat_check_secret(chat_check_t *check, const chat_site_database_t *database)
{
    const char *path = database->secret_file;
    chat_secret_t secret;
    struct stat st;
    char text[120];
    apr_status_t rv;
    if (stat(path, &st) != 0) {
        if (database->secret_named)
            chat_check_mistake(check, 109,
                               "ChatSecretFile %s: %s; to create it: (umask 077; openssl "
                               "rand -hex 32 >%s)",
                               path, strerror(errno), path);
        return;
    }
    rv = chat_secret_load(&secret, path, check->temp);
    memset(&secret, 0, sizeof(secret));
    if (rv == CHAT_MALFORMED)
        chat_check_mistake(check, 110,
                           "the secret in %s must be 64 hexadecimal digits and a newline",
                           path);
    else if (APR_STATUS_IS_EACCES(rv) && (st.st_mode & 077))
        chat_check_mistake(
            check, 111, "the secret in %s must be readable only by its owner (mode 0600)",
            path);
    else if (rv != APR_SUCCESS)
        chat_check_mistake(check, 112, "the secret in %s cannot be read: %s", path,
                           apr_strerror(rv, text, sizeof(text)));
}

/* Mode and owner first, so that the daemon can read what we read. */
static const char *check_private(const char **text, chat_check_t *check, const char *path)
{
    const chat_runner_t *runner = &check->runner;
    struct stat st;
    apr_status_t rv;
    char words[120];
    if (stat(path, &st) != 0)
        return strerror(errno);
    if (S_ISREG(st.st_mode) && (st.st_mode & 077))
        return "it must be readable only by its owner (mode 0600)";
    if (runner->switched && st.st_uid != runner->uid)
        return apr_psprintf(check->temp, "it must belong to %s, the user of chatd",
                            runner_name(check));
    rv = chat_secret_line(text, path, check->temp);
    if (rv == CHAT_MALFORMED)
        return "it must have one line, without spaces";
    if (rv != APR_SUCCESS)
        return apr_pstrcat(check->temp,
                           "it cannot be read: ", apr_strerror(rv, words, sizeof(words)),
                           NULL);
    return NULL;
}

const char *chat_check_discord_files(chat_check_t *check, const chat_host_t *host)
{
    const char *text, *why = NULL, *what = "ChatDiscordBotTokenFile";
    const char *path = host->discord_token;
    if (path)
        why = check_private(&text, check, path);
    if (!why && host->discord_webhook) {
        what = "ChatDiscordWebhook";
        path = host->discord_webhook;
        why = check_private(&text, check, path);
        if (!why && !chat_address_valid(text))
            why = "it must hold the webhook's https URL";
    }
    return why ? apr_psprintf(check->temp, "%s: the file %s: %s", what, path, why) : NULL;
}

/* ---- the daemon's program ---- */

/* The parent opens it as root, so the way to it may be closed to the run user. */
const char *chat_check_program(chat_check_t *check, const char *program)
{
    struct stat st;
    if (stat(program, &st) != 0 || !S_ISREG(st.st_mode))
        return "there is no such program";
    if (!(st.st_mode & 0111) ||
        (!closed_way(check, program) && !chat_runner_may(&check->runner, program, X_OK)))
        return apr_psprintf(check->temp, "%s may not execute it", runner_name(check));
    return NULL;
}
