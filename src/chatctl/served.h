/* SPDX-License-Identifier: Apache-2.0
 * served.h - what httpd says that it serves: `httpd -t -D DUMP_CHAT`.
 */
#ifndef CHAT_CHATCTL_SERVED_H
#define CHAT_CHATCTL_SERVED_H

#include "chatctl.h"

/* A virtual host; what it does not have is NULL, lists are empty then. */
typedef struct chatctl_host_t {
    const char *name;
    const char *at;       /* ADDRESS:PORT on this machine */
    const char *database; /* chat_database_mark */
    const char *room, *realtime, *health;
    const char *discord_api, *discord_webhook, *discord_token;
    apr_array_header_t *apis; /* const char *: "DIALECT PREFIX" */
    apr_array_header_t *mail; /* const char *: the words of the command */
} chatctl_host_t;

typedef struct chatctl_served_t {
    apr_array_header_t *hosts; /* chatctl_host_t; NULL: this site has no httpd to ask */
    const char *workers, *pid_file, *daemon;
} chatctl_served_t;

/* Asks the httpd of --state, --conf or the installed one. As root it runs as who owns the
 * configuration, whom the tool becomes. Returns NULL or httpd's complaint. */
const char *chatctl_served_ask(chatctl_served_t *out, const chatctl_t *ctl);

#endif
