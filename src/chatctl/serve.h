/* SPDX-License-Identifier: Apache-2.0
 * serve.h - the parts of `chatctl serve`: where things lie, the configuration, the
 * process.
 */
#ifndef CHAT_CHATCTL_SERVE_H
#define CHAT_CHATCTL_SERVE_H

#include <apr_pools.h>
#include <apr_tables.h>
#include <sys/types.h>

/* What one private httpd is made of. Paths are absolute and fit for httpd's
 * configuration. */
typedef struct chatctl_serve_t {
    apr_pool_t *pool;
    const char *state;              /* the state directory */
    const char *bind;               /* as given: an address or a name */
    long port;                      /* HTTP */
    long tls_port;                  /* HTTPS; -1: none */
    const char *mpm;                /* event, worker or prefork */
    const char *driver;             /* as DBDriver has it */
    const char *params;             /* as DBDParams has it */
    const char *remember;           /* DRIVER:PARAMS to keep when it runs, or NULL */
    const apr_array_header_t *conf; /* files included last; NULL: none */
    const char *httpd;              /* the program */
    const char *modules;            /* where its modules lie */
    const char *module;             /* mod_chat.so */
    const char *user;               /* whom children run as; NULL: as we do */
    uid_t uid;                      /* of user */
    gid_t gid;                      /* of user */
} chatctl_serve_t;

/* Why TEXT cannot stand between quotes in httpd's configuration, or NULL. */
const char *chatctl_conf_refuse(const char *text);

/* The path of NAME beside this program, where a build leaves it, or NULL. */
const char *chatctl_beside(const char *name, apr_pool_t *pool);

/* Finds httpd, its modules and mod_chat.so. Returns NULL or what is missing. */
const char *chatctl_serve_find(chatctl_serve_t *s);

/* Makes the state directory (PATH may be relative) with all that httpd needs before it
 * starts, and gives it to the user that the children run as. Returns NULL or what is
 * wrong. */
const char *chatctl_serve_prepare(chatctl_serve_t *s, const char *path);

/* Copies the page (of the build, else of the installation; there may be none) into the
 * state directory's htdocs. Other files there stay. Returns NULL or what is wrong. */
const char *chatctl_serve_page(const chatctl_serve_t *s);

/* The database that belongs to a state directory: what `serve --database` was told when
 * it was last told something, else an SQLite file in it. Returns NULL or what is wrong.
 */
const char *chatctl_state_database(const char **driver, const char **params,
                                   const char *state, apr_pool_t *pool);

/* Keeps DATABASE (DRIVER:PARAMS) as the state directory's. Returns NULL or what is wrong.
 */
const char *chatctl_state_remember(const char *state, const char *database,
                                   apr_pool_t *pool);

/* Writes TEXT as PATH, mode 0600, by way of another name. Returns NULL or what is wrong.
 */
const char *chatctl_file_write(const char *path, const char *text, apr_pool_t *pool);

/* The file of the secret that the configuration names, or NULL: it lies beside the
 * database. */
const char *chatctl_serve_secret(const chatctl_serve_t *s);

/* Makes key and certificate when there are none. Returns NULL or what is wrong. */
const char *chatctl_serve_certificate(const chatctl_serve_t *s);

/* The configuration for S. */
const char *chatctl_serve_configuration(const chatctl_serve_t *s);

/* Runs ARGV to its end, output into OUTPUT (-1: /dev/null). Returns its exit code, 127
 * when it could not be run. */
int chatctl_run(const char *const *argv, int output);

/* Picks free ports where S says 0, writes the configuration, starts httpd, keeps
 * the database that was named, says "ready", serves until a signal ends it. Returns the
 * exit code. */
int chatctl_serve_run(chatctl_serve_t *s);

#endif
