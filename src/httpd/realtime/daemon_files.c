/* SPDX-License-Identifier: Apache-2.0 */
/* Secrets that the parent hands to the daemon as files. */
#include "httpd/realtime/daemon_files.h"

#include "httpd/realtime/daemon_sockets.h"
#include "wire/conf.h"

#include <apr_strings.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* Host or database NUMBER's file of KIND. */
static const char *file_of(const char *base, const char *kind, int number,
                           apr_pool_t *pool)
{
    return apr_psprintf(pool, "%s.%s-%d", base, kind, number);
}

/* TEXT becomes FILE, whose name *NAMED gets; NULL removes it. */
static apr_status_t hand(const char **named, const char *file, const char *text,
                         const chat_runner_t *runner, apr_pool_t *pool)
{
    if (!text) {
        unlink(file);
        return APR_SUCCESS;
    }
    *named = file;
    return chat_daemon_write(file, text, runner, pool);
}

/* The secret of DATABASE when the run user cannot read it where it is; NULL otherwise,
 * also when it does not exist yet: then it will be the run user's. */
static apr_status_t secret_text(const char **text, const chat_site_database_t *database,
                                const chat_runner_t *runner, apr_pool_t *pool)
{
    struct stat st;
    *text = NULL;
    if (!runner->switched || stat(database->secret_file, &st) != 0 ||
        st.st_uid == runner->uid)
        return APR_SUCCESS;
    return chat_secret_line(text, database->secret_file, pool);
}

/* The daemon, which may be unable to make a file here, fills it; when this fails it says
 * so. */
static void make_sessions(const chat_generation_t *gen, const char *file,
                          const chat_runner_t *runner)
{
    int fd;
    for (int i = 0; i < gen->databases->nelts; i++) {
        if (APR_ARRAY_IDX(gen->databases, i, chat_site_database_t *)->spec.file)
            return;
    }
    fd = open(file, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return;
    if (runner->switched && fchown(fd, runner->uid, runner->gid) != 0)
        unlink(file);
    close(fd);
}

apr_status_t chat_daemon_files_write(const chat_generation_t *gen, const char *base,
                                     const chat_runner_t *runner, apr_pool_t *pool)
{
    apr_status_t rv = APR_SUCCESS;
    const char *text;
    for (int i = 0; i < gen->hosts->nelts && rv == APR_SUCCESS; i++) {
        chat_host_t *host = APR_ARRAY_IDX(gen->hosts, i, chat_host_t *);
        rv = hand(&host->discord_webhook, file_of(base, "webhook", i, pool),
                  host->discord_url, runner, pool);
    }
    make_sessions(gen, apr_pstrcat(pool, base, CHAT_WIRE_SESSIONS, NULL), runner);
    for (int i = 0; i < gen->databases->nelts && rv == APR_SUCCESS; i++) {
        chat_site_database_t *database =
            APR_ARRAY_IDX(gen->databases, i, chat_site_database_t *);
        rv = secret_text(&text, database, runner, pool);
        if (rv == APR_SUCCESS && text)
            text = apr_pstrcat(pool, text, "\n", NULL);
        database->secret_handed = database->secret_file;
        if (rv == APR_SUCCESS)
            rv = hand(&database->secret_handed, file_of(base, "secret", i, pool), text,
                      runner, pool);
    }
    return rv;
}

void chat_daemon_files_clear(const chat_generation_t *gen, const char *base,
                             apr_pool_t *pool)
{
    for (int i = 0; i < gen->hosts->nelts; i++)
        unlink(file_of(base, "webhook", i, pool));
    for (int i = 0; i < gen->databases->nelts; i++)
        unlink(file_of(base, "secret", i, pool));
}
