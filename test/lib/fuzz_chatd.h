/* SPDX-License-Identifier: Apache-2.0
 * fuzz_chatd.h - a daemon in this process, with one site, for fuzz programs.
 */
#ifndef CHAT_TEST_FUZZ_CHATD_H
#define CHAT_TEST_FUZZ_CHATD_H

#include "chatd/chatd.h"
#include "chatd/http_client.h"
#include "chatd/route.h"
#include "fuzz.h"

#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>

#define FUZZ_FILES 256

static inline const char *fuzz_file(const char *name)
{
    return apr_pstrcat(fuzz_site_pool, fuzz_site_dir, "/", name, NULL);
}

static chatd_t fuzz_daemon;

static inline void fuzz_chatd_end(void)
{
    chatd_t *d = &fuzz_daemon;
    chatd_intake_destroy(d->intake);
    chatd_site_shutdown(d->sites[0]);
    rt_loop_step(d->loop, 0);
    rt_server_shutdown(d->server);
    rt_loop_step(d->loop, 0);
    chatd_site_destroy(d->sites[0]);
    rt_server_destroy(d->server);
    rt_loop_destroy(d->loop);
    unlink(fuzz_file("secret"));
    unlink(fuzz_file("intake"));
}

static inline chat_wire_site_t *fuzz_chatd_conf(void)
{
    apr_pool_t *pool = fuzz_site_pool;
    chat_wire_site_t *conf = apr_pcalloc(pool, sizeof(*conf));
    FILE *secret;
    conf->name = "test";
    conf->driver = "sqlite3";
    conf->params = fuzz_file("chat.db");
    conf->secret = fuzz_file("secret");
    conf->path = "/socket.io/";
    conf->room = 1;
    conf->ping_interval = conf->ping_timeout = 100;
    conf->origins = apr_array_make(pool, 1, sizeof(const char *));
    conf->mail = apr_array_make(pool, 1, sizeof(const char *));
    secret = fopen(conf->secret, "w");
    insist(secret && fchmod(fileno(secret), 0600) == 0);
    for (int i = 0; i < CHAT_SECRET_BYTES; i++)
        fputs("07", secret);
    fputc('\n', secret);
    fclose(secret);
    return conf;
}

static inline void fuzz_chatd_layers(chatd_t *d)
{
    rt_server_config config = {
        .app = d, .route = chatd_route, .origin_allowed = chatd_origin_allowed};
    apr_size_t size = chat_limits_size(64);
    d->pool = fuzz_site_pool;
    apr_pool_create(&d->scratch, d->pool);
    apr_pool_create(&d->batch, d->pool);
    d->log.level = CHAT_LOG_NOTICE;
    d->loop = rt_loop_create();
    chatd_route_create(d);
    d->server = rt_server_create(d->loop, &config);
    d->limits =
        chat_limits_create(apr_palloc(d->pool, size), size, 1, NULL, fuzz_site_pool);
    d->conf.sites = apr_array_make(d->pool, 1, sizeof(chat_wire_site_t));
    APR_ARRAY_PUSH(d->conf.sites, chat_wire_site_t) = *fuzz_chatd_conf();
    d->site_count = 1;
    d->sites = apr_pcalloc(d->pool, sizeof(*d->sites));
    d->sites[0] =
        chatd_site_create(d, 0, &APR_ARRAY_IDX(d->conf.sites, 0, chat_wire_site_t));
    insist(chatd_site_ready(d->sites[0]));
}

/* Stays until the process ends. */
static inline chatd_t *fuzz_chatd(void)
{
    if (!fuzz_daemon.loop) {
        insist(apr_initialize() == APR_SUCCESS && chat_crypt_init() == APR_SUCCESS);
        fuzz_site();
        fuzz_chatd_layers(&fuzz_daemon);
        atexit(fuzz_chatd_end);
    }
    return &fuzz_daemon;
}

/* Open descriptors that are no plain files: SQLite opens and closes its own. */
static inline int fuzz_files_open(void)
{
    struct stat info;
    int n = 0;
    for (int fd = 0; fd < FUZZ_FILES; fd++)
        n += fstat(fd, &info) == 0 && !S_ISREG(info.st_mode);
    return n;
}

static inline void fuzz_count_conn(void *data, rt_conn *conn)
{
    (void)conn;
    ++*(int *)data;
}

/* Lets the daemon work until no connection is left: clients have hung up. */
static inline void fuzz_chatd_settle(chatd_t *d)
{
    int left = 1;
    for (int i = 0; i < 1000 && left; i++) {
        rt_loop_step(d->loop, i > 50);
        left = 0;
        rt_server_each(d->server, fuzz_count_conn, &left);
    }
    insist(!left);
}

#endif
