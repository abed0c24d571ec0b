/* SPDX-License-Identifier: Apache-2.0
 * signon.h - accounts of users whom the site has authenticated.
 *
 * The caller of chat_signon_enter has proof of who the user is: httpd's own
 * authentication, or an assertion that the site signed. The account has no password.
 */
#ifndef CHAT_CORE_SIGNON_H
#define CHAT_CORE_SIGNON_H

#include "core/auth.h"

/* A user of the site. */
typedef struct chat_signon_t {
    const char *external; /* the site's own id of the user, kept with the account */
    const char *name;     /* as the site calls the user; see chat_signon_names */
    int rank;             /* CHAT_RANK_MEMBER and above; CHAT_RANK_GUEST: as it is */
    const char *const *channels; /* to be joined */
    int channel_count;
    /* Of an assertion: the hash of what may be used once, and until when that has to be
     * remembered; NULL: there is none. */
    const char *once;
    apr_time_t expires;
} chat_signon_t;

typedef struct chat_signed_t {
    chat_identity_t who;
    int created; /* at first sight, by this request */
    char token[CHAT_UUID_SIZE];
} chat_signed_t;

/* The account of the user S, created at first sight, with its valid token or a new one.
 * CHAT_P_NAME_FOREIGN: the name belongs to an account that is not the user's;
 * CHAT_P_NAME_RULE: no name can be made of the user's; CHAT_P_BANNED: the account is not
 * open; CHAT_P_ASSERTION: it was used before, or names a channel that does not exist. */
apr_status_t chat_signon_enter(chat_signed_t *out, chat_call_t *c,
                               const chat_signon_t *s);

/* Names to try for the account of a user whom the site calls NAME, ended by NULL: the
 * part before an at-sign, behind a backslash, or the CN of a distinguished name; then the
 * whole. Other ASCII characters than a name may have become one dot. */
void chat_signon_names(const char *names[3], const char *name, apr_pool_t *pool);

/* Refuses what the site said with CHAT_P_ASSERTION and logs DETAIL. */
apr_status_t chat_signon_refuse(chat_call_t *c, const char *detail);

/* Ends the account's token, its sessions of every dialect, and with them its sockets. */
apr_status_t chat_signon_end(chat_call_t *c, const chat_auth_t *auth);

#endif
