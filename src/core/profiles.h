/* SPDX-License-Identifier: Apache-2.0
 * profiles.h - rules of what accounts show of themselves: profile and presence.
 */
#ifndef CHAT_CORE_PROFILES_H
#define CHAT_CORE_PROFILES_H

#include "core/auth.h"

/* Bytes of a description and of a location. */
#define CHAT_PROFILE_DESCRIPTION 2000
#define CHAT_PROFILE_LOCATION 200

/* What is to change; each may be NULL or -1: it stays. An empty text removes. */
typedef struct chat_profile_edit_t {
    const char *description, *location;
    const char *color; /* RRGGBB, a number sign before it or not */
    int hidden;        /* not shown as online */
} chat_profile_edit_t;

/* The caller's own. CHAT_P_TOO_LARGE (number: the limit), CHAT_P_INVALID. *OUT is the
 * account as it is then. */
apr_status_t chat_profile_set(chat_account_t *out, chat_call_t *c,
                              const chat_auth_t *auth, const chat_profile_edit_t *edit);
/* The open account NAME of the chatroom, as a logged-in account sees it; *OWN: it is the
 * caller's. CHAT_P_NO_ACCOUNT. */
apr_status_t chat_profile_get(chat_account_t *out, int *own, chat_call_t *c,
                              const chat_auth_t *auth, const char *name);

/* Sets A's color from TEXT, or CHAT_P_INVALID. */
apr_status_t chat_profile_color(chat_account_t *a, chat_call_t *c, const char *text);

/* Accounts that are online of the first CHAT_ONLINE_MAX that have joined CHANNEL, or any
 * channel that the caller has joined with CHANNEL NULL; hidden ones and the caller
 * are left out. CHAT_P_NO_CHANNEL, CHAT_P_NO_READ, CHAT_P_UNAVAILABLE when the daemon
 * does not answer. */
#define CHAT_ONLINE_MAX 1000
apr_status_t chat_presence_list(const char ***names, int *n, chat_call_t *c,
                                const chat_auth_t *auth, const char *channel);

#endif
