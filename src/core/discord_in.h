/* SPDX-License-Identifier: Apache-2.0
 * discord_in.h - people on Discord who have an account here: codes by which they show
 * whose it is, and what they say from there.
 *
 * A link that an administrator makes lets an account send to a person; it does not let
 * the person speak for the account. Only a code of the account does that.
 */
#ifndef CHAT_CORE_DISCORD_IN_H
#define CHAT_CORE_DISCORD_IN_H

#include "core/messages.h"

#define CHAT_CODE_LEN 12
#define CHAT_CODE_SIZE (CHAT_CODE_LEN + 1)
#define CHAT_CODE_SECONDS 600

/* A fresh code for the caller; the one before it is worth nothing any more. */
apr_status_t chat_discord_in_code(char out[CHAT_CODE_SIZE], chat_call_t *c,
                                  const chat_auth_t *auth);

/* Somebody on Discord. */
typedef struct chat_discord_person_t {
    const char *id;   /* digits */
    const char *name; /* his user name there */
} chat_discord_person_t;

/* The account that made CODE is PERSON's: it may send to him under his name, and he may
 * speak for it. *ACCOUNT gets its name. CHAT_P_INVALID when the code is unknown, used or
 * too old. */
apr_status_t chat_discord_in_redeem(const char **account, chat_call_t *c,
                                    const chat_discord_person_t *person,
                                    const char *code);

/* PERSON says TEXT in CHANNEL; NULL: in the one of the name that his account has given to
 * the Discord channel WHERE. *SAID gets the name. CHAT_P_NOT_LOGGED_IN when he has shown
 * no account, CHAT_P_NO_LINK when there is no such channel, and all that
 * chat_message_send refuses. */
apr_status_t chat_discord_in_say(const char **said, chat_call_t *c,
                                 const chat_discord_person_t *person, const char *where,
                                 const char *channel, const chat_text_t *text);

#endif
