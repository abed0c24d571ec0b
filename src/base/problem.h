/* SPDX-License-Identifier: Apache-2.0
 * problem.h - expected refusals, named once for all dialects.
 *
 * A rule that refuses a request fills the call's problem and returns CHAT_REFUSED. Each
 * dialect has one table that turns a problem into its own status and text.
 */
#ifndef CHAT_BASE_PROBLEM_H
#define CHAT_BASE_PROBLEM_H

#include <apr_errno.h>

typedef enum chat_problem_code_t {
    CHAT_P_NONE,
    /* the request itself */
    CHAT_P_MALFORMED,   /* not JSON, not the expected type; detail says what */
    CHAT_P_BAD_TEXT,    /* U+0000, lone surrogate or invalid UTF-8 in `field` */
    CHAT_P_TOO_LARGE,   /* body or message above its limit; number = the limit in bytes */
    CHAT_P_ENCODING,    /* the body is compressed, and nothing here unpacks it */
    CHAT_P_TIMEOUT,     /* the body did not arrive in time */
    CHAT_P_METHOD,      /* detail = value of Allow */
    CHAT_P_NO_ENDPOINT, /* detail = the path */
    CHAT_P_MISSING,     /* `field` is absent or empty */
    CHAT_P_INVALID,     /* `field` has a value outside its type or range */
    CHAT_P_KEY_REUSED,  /* Idempotency-Key known with another request */
    CHAT_P_RATE,        /* too many requests; number = seconds until one is free */
    CHAT_P_THROTTLED,   /* too many failed logins; number = seconds until one is free */
    CHAT_P_UNAVAILABLE, /* database busy or unreachable; number = seconds to wait */
    CHAT_P_DISK_FULL,
    CHAT_P_INTERNAL,
    /* accounts */
    CHAT_P_NOT_LOGGED_IN, /* token, cookie or session unknown, or its account not open */
    CHAT_P_CREDENTIALS,   /* wrong name or password */
    CHAT_P_NO_ACCOUNT, /* the account named in `detail` is unknown; several names, a line
                          each */
    CHAT_P_NAME_TAKEN,
    CHAT_P_NAME_RULE,
    CHAT_P_PASSWORD_RULE,
    CHAT_P_PASSWORD_COMMON, /* others guess it first */
    CHAT_P_EMAIL_TAKEN,
    CHAT_P_EMAIL_RULE,
    CHAT_P_PENDING,
    CHAT_P_BANNED,
    CHAT_P_CLOSED_REGISTRATION,
    CHAT_P_NO_TOKEN,
    CHAT_P_CSRF,
    CHAT_P_ACTIVATION,
    CHAT_P_NOT_ADMIN,
    CHAT_P_NO_USER,      /* the site has not authenticated the request */
    CHAT_P_ASSERTION,    /* what the site signed does not count; detail says why */
    CHAT_P_NAME_FOREIGN, /* the name is that of an account of another user */
    CHAT_P_STRANGER,     /* sent by a page of another site */
    CHAT_P_CONTENT_TYPE, /* not what a page has to ask leave for */
    CHAT_P_GUEST,        /* guests may not do that */
    CHAT_P_SELF,         /* not allowed on the caller's own account */
    CHAT_P_ABOVE,        /* the other's rank is not below the caller's */
    CHAT_P_MUTED,        /* number = until when, 0: without an end */
    CHAT_P_EMERGENCY,    /* new accounts may not write for now */
    CHAT_P_NETWORK,      /* the client's network is refused */
    CHAT_P_NO_NETWORK,
    CHAT_P_OWN_NETWORK, /* the caller is in it */
    CHAT_P_NO_REPORT,
    CHAT_P_REPORT_CLOSED,
    /* chatrooms, channels, messages, invites */
    CHAT_P_NO_ROOM,
    CHAT_P_ROOM_CREATION_OFF,
    CHAT_P_NO_CHANNEL,
    CHAT_P_CHANNEL_TAKEN,
    CHAT_P_CHANNEL_NAME_RULE,
    CHAT_P_TOO_MANY,  /* channels, created by this account or joined by `username` */
    CHAT_P_NO_MEMBER, /* the account is no member of the channel */
    CHAT_P_NO_READ,   /* not allowed to read the channel */
    CHAT_P_NO_WRITE,  /* not allowed to write to the channel */
    CHAT_P_NOT_OWNER, /* only the owner or an administrator may do that */
    CHAT_P_NO_MESSAGE,
    CHAT_P_MESSAGE_FOREIGN, /* the message exists and is not for this reader */
    CHAT_P_NOT_AUTHOR,      /* may not delete it */
    CHAT_P_NOT_EDITOR,      /* may not edit it */
    CHAT_P_REACTIONS,       /* the message has as many different ones as it may */
    CHAT_P_EMPTY,           /* no text */
    CHAT_P_NO_INVITE,
    CHAT_P_INVITE_USED,
    CHAT_P_INVITE_EXPIRED,
    CHAT_P_NO_LINK,      /* no Discord link from this account to that target */
    CHAT_P_NOT_APPROVED, /* not on the approved lists of `detail` (names, a line each) */
    CHAT_P_NO_SESSION,   /* the account has no such session */
    CHAT_P_NO_ITEM,      /* no such item in the outbox */
    CHAT_P_ITEM_STATE,   /* the item waits or is delivered: nothing to try again */
    CHAT_P_QUERY,        /* nothing to search for: only what must not be there */
    CHAT_P_BROAD,        /* too many words begin with what is before the star */
    CHAT_P_ASKED,        /* asked for approval before; number = chat_approval_state_t */
    CHAT_P_COUNT
} chat_problem_code_t;

typedef struct chat_problem_t {
    chat_problem_code_t code;
    const char *field;  /* name of the parameter it is about, or NULL; a constant */
    const char *detail; /* words for a person, in the call's pool, or NULL */
    apr_int64_t number; /* see the code */
} chat_problem_t;

/* Fills PROBLEM and returns CHAT_REFUSED, so that a rule can end with it. FIELD and
 * DETAIL are kept by reference. */
apr_status_t chat_refuse(chat_problem_t *problem, chat_problem_code_t code,
                         const char *field, const char *detail);
apr_status_t chat_refuse_number(chat_problem_t *problem, chat_problem_code_t code,
                                apr_int64_t number);

/* The problem for a store status (CHAT_BUSY -> CHAT_P_UNAVAILABLE, ...). */
void chat_problem_of_status(chat_problem_t *problem, apr_status_t rv);

#endif
