/* SPDX-License-Identifier: Apache-2.0
 * site.h - what a virtual host serves chat with, and the settings of a place in it.
 */
#ifndef CHAT_CORE_SITE_H
#define CHAT_CORE_SITE_H

#include "base/crypt.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/sign_key.h"
#include "core/cache.h"
#include "core/limit.h"
#include "store/store.h"

#include <apr_tables.h>

typedef enum chat_dialect_id_t {
    CHAT_BUTTON,
    CHAT_CHATROOM,
    CHAT_TEENDEVOPS,
    CHAT_KINGLET,
    CHAT_DIALECTS
} chat_dialect_id_t;

/* As ChatAPI calls it. */
const char *chat_dialect_name(int dialect);

typedef enum chat_limit_kind_t {
    CHAT_LIMIT_REQUESTS,      /* per address and dialect */
    CHAT_LIMIT_SENDS,         /* per account */
    CHAT_LIMIT_REGISTRATIONS, /* per address */
    CHAT_LIMIT_LOGINS,        /* failed ones, per account and address */
    CHAT_LIMIT_CHANGES,       /* all other writes, per account */
    CHAT_LIMIT_KILOBYTES,     /* of texts that are kept, per account */
    CHAT_LIMIT_KINDS
} chat_limit_kind_t;

/* As ChatRateLimit calls it. */
const char *chat_limit_name(chat_limit_kind_t kind);

typedef enum chat_registration_t {
    CHAT_REGISTRATION_OPEN,
    CHAT_REGISTRATION_INVITE,
    CHAT_REGISTRATION_CLOSED
} chat_registration_t;

/* What directives set for one place (Location, Directory). Immutable after start. */
typedef struct chat_settings_t {
    apr_int64_t room;       /* chatroom that Button, teendevops and Kinglet serve */
    apr_size_t max_message; /* bytes of a message's text */
    chat_registration_t registration;
    apr_int64_t session_lifetime; /* seconds; 0: no end */
    int trust_remote_user;        /* ChatTrustRemoteUser */
    chat_rule_t limits[CHAT_DIALECTS][CHAT_LIMIT_KINDS];
} chat_settings_t;

/* What ChatRateLimit sets where it does not stand. */
void chat_rules_default(chat_rule_t rules[CHAT_DIALECTS][CHAT_LIMIT_KINDS]);

/* How many realtime clients a site has. */
typedef struct chat_sockets_t {
    /* what else is asked for: how many there are of each of N ids (chatrooms, or accounts
     * of chatroom ROOM unless that is 0); N may be 0 */
    apr_int64_t room;
    const apr_int64_t *ids;
    int n;
    /* the answer */
    apr_int64_t total, websockets;
    apr_int64_t strangers; /* of the total: not logged in yet */
    apr_int64_t *of;       /* for each of the ids */
} chat_sockets_t;

/* One virtual host that serves chat. Lives from configuration to the process's end;
 * shared by all threads and immutable but for what its parts guard themselves. */
typedef struct chat_site_t {
    chat_store_t *store;
    chat_secret_t secret;
    chat_limits_t *limits; /* NULL: nothing is limited (tools) */
    chat_limits_t *joint;  /* ... with other machines; NULL: there are none */
    chat_cache_t *cache;   /* NULL: answers are not kept */
    chat_cache_t *tails;   /* NULL: ends of channels are not (tail.h) */
    struct chat_network_cache_t *networks; /* NULL: none is refused (tools) */
    chat_metrics_t *metrics;               /* NULL: nothing is counted */
    chat_log_t log;
    int room_creation;   /* ChatRoomCreation */
    int discord_webhook; /* ChatDiscordWebhook is set: there is a target to deliver to */
    const char *discord_channel; /* ... to a channel, by the bot: its id; or NULL */
    const char *discord_key;     /* ChatDiscordInteractions, or NULL */
    apr_int64_t retention;       /* seconds that messages are kept; 0: forever */
    int mail;                    /* ChatMailCommand is set: mails get delivered */
    int reveal_passwords;        /* ChatRevealPasswords; counts when there is no mail */
    int approved_lists;          /* ChatApprovedLists */
    int admin;                   /* ChatAdmin: admin_remote.h serves administrators */
    const chat_sign_keys_t *sign_keys;        /* ChatSignOnKey, or NULL */
    int sign_rank;                            /* ... the highest rank that it may give */
    const apr_array_header_t *guest_channels; /* ChatGuests: const char *; or NULL */
    int password_ends_sessions;               /* ChatPasswordEndsSessions */
    const char *url; /* the site's own address, without a slash at its end, or NULL */
    /* Wakes readers of a chatroom's events; may be NULL. Only a hint: it may get lost. */
    void (*hint)(void *baton, apr_int64_t room);
    void *hint_baton;
    /* Fills the answer's part of S, `of` in POOL; waits briefly. Anything but
     * APR_SUCCESS: not known. May be NULL. */
    apr_status_t (*sockets)(void *baton, chat_sockets_t *s, apr_pool_t *pool);
    void *sockets_baton;
    /* Bounds how many password hashes run at once; NULL: no bound. Those of new accounts
     * (YOUNG) have places of their own: a raid's do not delay the others. OWNER is a hash
     * of the address. enter returns CHAT_BUSY when no place became free in time, or too
     * many wait. */
    apr_status_t (*hash_enter)(void *baton, int young, apr_uint64_t owner);
    void (*hash_leave)(void *baton, int young);
    void *hash_baton;
} chat_site_t;

#endif
