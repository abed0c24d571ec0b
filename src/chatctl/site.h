/* SPDX-License-Identifier: Apache-2.0
 * site.h - the site that a command works on.
 */
#ifndef CHAT_CHATCTL_SITE_H
#define CHAT_CHATCTL_SITE_H

#include "chatctl.h"
#include "core/call.h"

/* A site. Lives as long as the tool. */
struct chatctl_site_t {
    chatctl_t *ctl;
    chat_site_t site;
    chat_settings_t settings;
    chat_database_t database;
    const char *secret_file;  /* NULL: not known */
    const char *secret_other; /* a second ChatSecretFile that was named, or NULL */
    chat_call_t call;         /* of the one thing this run does */
};

/* Finds the database and the secret file that --state, --database or --conf name, else
 * those of the installed httpd. As root it becomes the user who can change them (see
 * owner.h). Returns 0, or an exit code after the complaint. */
int chatctl_site_find(chatctl_site_t *s);

/* The same, and opens the database for ACCESS in the chatroom --room. Reading writes
 * nothing: neither a file nor a schema is created or changed. */
int chatctl_site_open(chatctl_site_t *s, chatctl_access_t access);

/* Opens the database S->database, which is known already. */
int chatctl_site_connect(chatctl_site_t *s, chatctl_access_t access, apr_pool_t *pool);

/* Makes a connection to the open database and becomes again who started the tool, whose
 * the other files are. Returns 0, or an exit code after the complaint. */
int chatctl_site_leave(chatctl_site_t *s);

/* Loads the site's secret, which most commands do without. Returns 0, or an exit code. */
int chatctl_site_secret(chatctl_site_t *s);

/* Turns what a rule returned into an exit code: 0, or a sentence about the problem. */
int chatctl_result(const chatctl_site_t *s, apr_status_t rv);

/* The argument number I. */
const char *chatctl_arg(const chatctl_site_t *s, int i);

#endif
