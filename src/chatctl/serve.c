/* SPDX-License-Identifier: Apache-2.0 */
/* chatctl serve: a private httpd in one command. */
#include "base/crypt.h"
#include "print.h"
#include "serve_conf.h"
#include "serve_find.h"
#include "serve_run.h"
#include "site.h"
#include "state.h"
#include "store/store.h"

#include <apr_strings.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PORT_MAX 65535
#define HOST_CHARS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:"

/* Splits and checks DRIVER:PARAMS; the state directory keeps it once httpd runs. */
static const char *use_database(chatctl_serve_t *s, const char *database)
{
    const char *colon = strchr(database, ':');
    chat_database_t parsed;
    const char *why = NULL;
    if (!colon)
        return "--database takes DRIVER:PARAMS, for example "
               "sqlite3:/var/lib/mod_chat/chat.db";
    s->driver = apr_pstrmemdup(s->pool, database, (apr_size_t)(colon - database));
    s->params = colon + 1;
    if (chat_database_parse(&parsed, &why, s->driver, s->params, s->pool) != APR_SUCCESS)
        return apr_psprintf(s->pool, "--database %s: %s", database,
                            why ? why : "unknown");
    if ((why = chatctl_conf_refuse(database)))
        return apr_psprintf(s->pool, "--database %s", why);
    s->remember = database;
    return NULL;
}

/* Makes the names of --conf absolute, as httpd wants them. */
static const char *use_conf(chatctl_serve_t *s, const apr_array_header_t *conf)
{
    apr_array_header_t *files = apr_array_make(s->pool, 2, sizeof(const char *));
    for (int i = 0; conf && i < conf->nelts; i++) {
        const char *name = APR_ARRAY_IDX(conf, i, const char *);
        char real[PATH_MAX];
        const char *why;
        if (!realpath(name, real) || access(real, R_OK))
            return apr_psprintf(s->pool, "--conf %s cannot be read", name);
        if ((why = chatctl_conf_refuse(real)))
            return apr_psprintf(s->pool, "the name %s %s", real, why);
        if (strpbrk(real, "*?["))
            return apr_psprintf(s->pool, "the name %s has a wildcard in it", real);
        APR_ARRAY_PUSH(files, const char *) = apr_pstrdup(s->pool, real);
    }
    s->conf = files;
    return NULL;
}

static const char *check_options(const chatctl_serve_t *s)
{
    if (strcmp(s->mpm, "event") && strcmp(s->mpm, "worker") && strcmp(s->mpm, "prefork"))
        return "--mpm takes event, worker or prefork";
    if (s->port > PORT_MAX || s->tls_port > PORT_MAX)
        return "a port is a number from 0 to 65535";
    if (s->port && s->port == s->tls_port)
        return "--port and --tls-port must differ";
    if (!*s->bind || strpbrk(s->bind, " \t\"\\[]/${}<>\r\n"))
        return "--bind takes an address, for example 127.0.0.1 or ::1";
    return NULL;
}

/* Beside an SQLite file the module creates the secret by itself; a server's database has
 * no such place. */
static const char *prepare_secret(chatctl_serve_t *s)
{
    const char *path = chatctl_state_secret(s->state, s->driver, s->pool);
    long uid = s->user ? (long)s->uid : -1, gid = s->user ? (long)s->gid : -1;
    chat_secret_t secret;
    char why[120];
    apr_status_t rv;
    s->secret = path;
    if (!path)
        return NULL;
    if (chat_crypt_init() != APR_SUCCESS)
        return "there is no source of randomness";
    rv = chat_secret_create(&secret, path, uid, gid, s->pool);
    if (rv == APR_SUCCESS || APR_STATUS_IS_EEXIST(rv))
        return NULL;
    return apr_psprintf(s->pool, "%s cannot be created: %s", path,
                        apr_strerror(rv, why, sizeof(why)));
}

static const char *check_hosts(const chatctl_serve_t *s)
{
    for (int i = 0; s->hosts && i < s->hosts->nelts; i++) {
        const char *name = APR_ARRAY_IDX(s->hosts, i, const char *);
        if (!*name || strspn(name, HOST_CHARS) != strlen(name))
            return "--host takes the name or address that clients use, without a port";
    }
    return NULL;
}

static int serve(chatctl_site_t *site)
{
    const chatctl_t *ctl = site->ctl;
    chatctl_serve_t s = {.pool = ctl->pool,
                         .bind = ctl->bind,
                         .hosts = ctl->hosts,
                         .port = ctl->port,
                         .tls_port = ctl->tls_port,
                         .mpm = ctl->mpm,
                         .reveal_passwords = ctl->reveal_passwords};
    const char *why;
    if (!ctl->state)
        return chatctl_misused(ctl, "serve needs --state DIR");
    if ((why = check_options(&s)) || (why = check_hosts(&s)))
        return chatctl_misused(ctl, "%s", why);
    umask(022);
    if ((why = chatctl_serve_find(&s)) || (why = use_conf(&s, ctl->conf)) ||
        (why = chatctl_state_prepare(&s, ctl->state)) ||
        (why = ctl->database
                   ? use_database(&s, ctl->database)
                   : chatctl_state_database(&s.driver, &s.params, s.state, s.pool)) ||
        (why = prepare_secret(&s)) ||
        (s.tls_port >= 0 && (why = chatctl_serve_certificate(&s))))
        return chatctl_fail("%s", why);
    return chatctl_serve_run(&s);
}

/* clang-format off */
const chatctl_command_t chatctl_serve_commands[] = {
    {"serve", NULL, serve,
     "--state DIR [--port N] [--tls-port N] [--bind ADDRESS] [--host NAME]... [--mpm event|worker|prefork] "
     "[--database DRIVER:PARAMS] [--conf FILE]... [--reveal-passwords]", 0, 0, CHATCTL_NONE,
     "run a private httpd with chat in the foreground",
     "  --state             the folder of its database, logs and configuration\n"
     "  --port, --tls-port  8080 and none by default; 0: a free one\n"
     "  --bind              the address to listen on, 127.0.0.1 by default\n"
     "  --host              a further Host name to answer to, besides localhost and --bind\n"
     "  --mpm               httpd's process model, event by default\n"
     "  --database          remembered; by default an SQLite file in the folder\n"
     "  --conf              a file of httpd directives for the virtual host\n"
     "  --reveal-passwords  show new passwords in Kinglet's answers (ChatRevealPasswords)\n"},
    {NULL, NULL, NULL, NULL, 0, 0, CHATCTL_NONE, NULL, NULL},
};
/* clang-format on */
