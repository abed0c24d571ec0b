/* SPDX-License-Identifier: Apache-2.0
 * serve.h - the parts of one private httpd of `chatctl serve`.
 */
#ifndef CHAT_CHATCTL_SERVE_H
#define CHAT_CHATCTL_SERVE_H

#include <apr_pools.h>
#include <apr_tables.h>
#include <sys/types.h>

/* Paths are absolute and fit for httpd's configuration. */
typedef struct chatctl_serve_t {
    apr_pool_t *pool;
    const char *state;               /* the state directory */
    const char *bind;                /* as given: an address or a name */
    const apr_array_header_t *hosts; /* further names it answers to, or NULL */
    long port;                       /* HTTP */
    long tls_port;                   /* HTTPS; -1: none */
    const char *mpm;                 /* event, worker or prefork */
    const char *driver;              /* as DBDriver has it */
    const char *params;              /* as DBDParams has it */
    const char *secret;              /* ChatSecretFile; NULL: beside the database */
    const char *remember;            /* DRIVER:PARAMS to keep when it runs, or NULL */
    const apr_array_header_t *conf;  /* files included last; NULL: none */
    int reveal_passwords;
    const char *httpd;   /* the program */
    const char *modules; /* where its modules lie */
    const char *module;  /* mod_chat.so */
    const char *user;    /* the user of the children; NULL: ours */
    uid_t uid;           /* of user */
    gid_t gid;           /* of user */
} chatctl_serve_t;

#endif
