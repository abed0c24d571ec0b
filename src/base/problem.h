/* SPDX-License-Identifier: Apache-2.0
 * problem.h - expected refusals, named once for all dialects.
 *
 * A rule that refuses a request fills the call's problem and returns CHAT_REFUSED. Each
 * dialect has one table that turns a problem into its own status and text.
 */
#ifndef CHAT_BASE_PROBLEM_H
#define CHAT_BASE_PROBLEM_H

#include <apr_errno.h>

/* The codes, CHAT_P_NONE first; logs and metrics have them without the prefix. */
#define CHAT_PROBLEMS(P)                                                               \
    P(NONE)                                                                            \
    /* the request itself */                                                           \
    P(MALFORMED)   /* not JSON, not the expected type; detail says what */             \
    P(BAD_TEXT)    /* U+0000, lone surrogate or invalid UTF-8 in `field` */            \
    P(TOO_LARGE)   /* body or message above its limit; number = the limit in bytes */  \
    P(ENCODING)    /* the body is compressed, and nothing here unpacks it */           \
    P(TIMEOUT)     /* the body did not arrive in time */                               \
    P(METHOD)      /* detail = value of Allow */                                       \
    P(NO_ENDPOINT) /* detail = the path */                                             \
    P(MISSING)     /* `field` is absent or empty */                                    \
    P(INVALID)     /* `field` has a value outside its type or range */                 \
    P(KEY_REUSED)  /* Idempotency-Key known with another request */                    \
    P(RATE)        /* too many requests; number = seconds until one is free */         \
    P(THROTTLED)   /* too many failed logins; number = seconds until one is free */    \
    P(UNAVAILABLE) /* database busy or unreachable; number = seconds to wait */        \
    P(DISK_FULL)                                                                       \
    P(INTERNAL)                                                                        \
    /* accounts */                                                                     \
    P(NOT_LOGGED_IN) /* token, cookie or session unknown, or its account not open */   \
    P(CREDENTIALS)   /* wrong name or password */                                      \
    P(NO_ACCOUNT) /* the account named in `detail` is unknown; several: a line each */ \
    P(NAME_TAKEN)                                                                      \
    P(NAME_RULE)                                                                       \
    P(PASSWORD_RULE)                                                                   \
    P(PASSWORD_COMMON) /* others guess it first */                                     \
    P(EMAIL_TAKEN)                                                                     \
    P(EMAIL_RULE)                                                                      \
    P(PENDING)                                                                         \
    P(BANNED)                                                                          \
    P(CLOSED_REGISTRATION)                                                             \
    P(NO_TOKEN)                                                                        \
    P(CSRF)                                                                            \
    P(ACTIVATION)                                                                      \
    P(NOT_ADMIN)                                                                       \
    P(NO_USER)      /* the site has not authenticated the request */                   \
    P(ASSERTION)    /* what the site signed does not count; detail says why */         \
    P(NAME_FOREIGN) /* the name is that of an account of another user */               \
    P(STRANGER)     /* sent by a page of another site */                               \
    P(CONTENT_TYPE) /* not what a page has to ask leave for */                         \
    P(GUEST)        /* guests may not do that */                                       \
    P(SELF)         /* not allowed on the caller's own account */                      \
    P(ABOVE)        /* the other's rank is not below the caller's */                   \
    P(MUTED)        /* number = until when, 0: without an end */                       \
    P(EMERGENCY)    /* new accounts may not write for now */                           \
    P(NETWORK)      /* the client's network is refused */                              \
    P(NO_NETWORK)                                                                      \
    P(OWN_NETWORK) /* the caller is in it */                                           \
    P(NO_REPORT)                                                                       \
    P(REPORT_CLOSED)                                                                   \
    /* chatrooms, channels, messages, invites */                                       \
    P(NO_ROOM)                                                                         \
    P(ROOM_CREATION_OFF)                                                               \
    P(NO_CHANNEL)                                                                      \
    P(CHANNEL_TAKEN)                                                                   \
    P(CHANNEL_NAME_RULE)                                                               \
    P(TOO_MANY)  /* channels, created by this account or joined by `username` */       \
    P(NO_MEMBER) /* the account is no member of the channel */                         \
    P(NO_READ)   /* not allowed to read the channel */                                 \
    P(NO_WRITE)  /* not allowed to write to the channel */                             \
    P(NOT_OWNER) /* only the owner or an administrator may do that */                  \
    P(NO_MESSAGE)                                                                      \
    P(MESSAGE_FOREIGN) /* the message exists and is not for this reader */             \
    P(NOT_AUTHOR)      /* may not delete it */                                         \
    P(NOT_EDITOR)      /* may not edit it */                                           \
    P(REACTIONS)       /* the message has as many different ones as it may */          \
    P(EMPTY)           /* no text */                                                   \
    P(NO_INVITE)                                                                       \
    P(INVITE_USED)                                                                     \
    P(INVITE_EXPIRED)                                                                  \
    P(NO_LINK)      /* no Discord link from this account to that target */             \
    P(NOT_APPROVED) /* not on the approved lists of `detail` (names, a line each) */   \
    P(NO_SESSION)   /* the account has no such session */                              \
    P(NO_ITEM)      /* no such item in the outbox */                                   \
    P(ITEM_STATE)   /* the item waits or is delivered: nothing to try again */         \
    P(QUERY)        /* nothing to search for: only what must not be there */           \
    P(BROAD)        /* too many words begin with what is before the star */            \
    P(ASKED)        /* asked for approval before; number = chat_approval_state_t */

#define CHAT_PROBLEM_CODE(name) CHAT_P_##name,
typedef enum chat_problem_code_t {
    CHAT_PROBLEMS(CHAT_PROBLEM_CODE) CHAT_P_COUNT
} chat_problem_code_t;
#undef CHAT_PROBLEM_CODE

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

/* CODE as CHAT_PROBLEMS calls it; `OK` for CHAT_P_NONE. */
const char *chat_problem_name(chat_problem_code_t code);

/* The problem for a store status (CHAT_BUSY -> CHAT_P_UNAVAILABLE, ...). */
void chat_problem_of_status(chat_problem_t *problem, apr_status_t rv);

#endif
