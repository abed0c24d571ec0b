/* SPDX-License-Identifier: Apache-2.0
 * site.h - what runs in one httpd: databases, sites, limits.
 *
 * Each reading of the configuration builds a new generation (check_config). It hangs on
 * every server's config while any of them serves chat, and lives in pconf. The parent
 * brings the databases up to date and reads the secrets (post_config); each child opens
 * its own stores (child_init).
 */
#ifndef CHAT_HTTPD_SITE_H
#define CHAT_HTTPD_SITE_H

#include "httpd/config/config.h"

#include <httpd.h>
#include <apr_dbd.h>
#include <mod_dbd.h>
#include <pthread.h>

typedef struct chat_slots_t chat_slots_t;

/* The user and group that requests are served as. */
typedef struct chat_runner_t {
    uid_t uid;
    gid_t gid;
    const char *name;
    int switched; /* httpd was started as root and its children are this user */
} chat_runner_t;
/* `name` lives as long as POOL. */
void chat_site_runner(chat_runner_t *out, apr_pool_t *pool);
/* Whether RUNNER may do all of MODE (R_OK, W_OK, X_OK) with PATH. */
int chat_runner_may(const chat_runner_t *runner, const char *path, int mode);

/* One database: shared by all virtual hosts that name it. */
typedef struct chat_site_database_t {
    chat_generation_t *generation;
    server_rec *server;           /* the first of those hosts; its mod_dbd pool is used */
    chat_database_t spec;         /* as DBDriver and DBDParams name it */
    int connections;              /* DBDMax of that host */
    apr_int64_t retention;        /* seconds; 0: forever */
    apr_int64_t session_lifetime; /* the longest of any place; 0: no end */
    const char *secret_file;
    int secret_named;          /* by ChatSecretFile */
    int unusable;              /* its files are in no state to be used; that was logged */
    const char *secret_handed; /* the file that the daemon reads it from */
    chat_secret_t secret;      /* from post_config on */
    chat_log_t log;
    struct chat_outage_t *outage; /* shared by all processes; from post_config on */
    /* in a child */
    apr_pool_t *pool; /* of the child */
    chat_slots_t *slots;
    chat_store_t *store; /* the latest; NULL before the first could be opened */
    unsigned serial;     /* of the store: connections from before have another */
    int ready;           /* the store can be used */
    int opening;         /* a thread tries to open it */
    pthread_t opener;
    int started;       /* `opener` is to be joined */
    apr_pool_t *late;  /* of a store with a thread (PostgreSQL), if `opener` opened it */
    apr_time_t looked; /* when it was last looked at */
    apr_int64_t crowded;  /* the minute of the last line about it; atomic */
    chat_limits_t *joint; /* limits that machines count together; NULL: SQLite, or none */
    apr_int64_t heard; /* chat_rate_heard_t.since, of the process that exchanges them */
    int unheard;       /* that fails; it was logged */
} chat_site_database_t;

/* Dialects at one URL prefix, in the order in which they are asked, ended by NULL. */
typedef struct chat_mount_t {
    const char *prefix; /* "" for the root */
    apr_size_t len;
    const chat_dialect_t *dialects[CHAT_DIALECTS + 1];
    int hidden; /* routes with one of these flags do not exist here */
    int whole;  /* named by ChatAPI: every path below the prefix is claimed */
} chat_mount_t;

/* A virtual host that serves chat. */
struct chat_host_t {
    server_rec *server;
    chat_site_database_t *database;
    apr_array_header_t *mounts;  /* chat_mount_t, longest prefix first */
    apr_array_header_t *origins; /* const char *, or NULL */
    unsigned number;             /* among the hosts, as the daemon counts them */
    chat_way_t way;              /* of realtime */
    const char *realtime_path;   /* begins and ends with '/' */
    int tls;                     /* its clients with TLS may be handed over */
    int realtime_whole; /* named by ChatRealtime: every path below it is claimed */
    int ping_interval;  /* milliseconds */
    int ping_timeout;
    apr_array_header_t *mail;   /* ChatMailCommand: const char *; or NULL */
    const char *mail_templates; /* or NULL */
    const char *discord_api;    /* or NULL: the public one */
    const char *discord_url;    /* of the webhook, as the configuration has it, or NULL */
    const char *discord_webhook; /* file with it; for discord_url written by the parent */
    const char *discord_token;   /* file with the bot's token, or NULL */
    chat_site_t site;            /* complete from child_init on */
};

/* The daemon that holds the realtime clients, as ChatDaemon names it. */
typedef struct chat_daemon_t {
    chat_daemon_mode_t mode;
    const char *program; /* to be started; "" for external */
    const char *intake;  /* paths of the sockets and of the daemon's configuration */
    const char *http;
    const char *conf;
} chat_daemon_t;

struct chat_generation_t {
    server_rec *main;
    chat_daemon_t *daemon;               /* NULL: none */
    struct chat_ssl_t *ssl;              /* from mod_ssl's post_config on; or NULL */
    int can_park;                        /* the MPM keeps connections that wait for us */
    struct chat_realtime_t *realtime;    /* from post_config on; NULL: no daemon */
    struct chat_realtime_state_t *state; /* from post_config on; NULL: no daemon */
    chat_metrics_t *metrics;             /* NULL: nothing is counted */
    apr_array_header_t *databases;       /* chat_site_database_t * */
    apr_array_header_t *hosts;           /* chat_host_t * */
    struct chat_hashing_t *hashes;
    struct chat_shared_limits_t *limits;
    APR_OPTIONAL_FN_TYPE(ap_dbd_open) * dbd_open;
    APR_OPTIONAL_FN_TYPE(ap_dbd_close) * dbd_close;
};

#endif
