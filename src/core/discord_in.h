/* SPDX-License-Identifier: Apache-2.0
 * discord_in.h - people on Discord who have an account here: the codes that prove it, and
 * the messages they send from there.
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

/* A person on Discord. */
typedef struct chat_discord_person_t {
    const char *id;   /* digits */
    const char *name; /* the user name there */
} chat_discord_person_t;

/* The account that created CODE is PERSON's: it may send to the person by name, and the
 * person may speak for it. *ACCOUNT gets its name. CHAT_P_INVALID when the code is
 * unknown, used or too old. */
apr_status_t chat_discord_in_redeem(const char **account, chat_call_t *c,
                                    const chat_discord_person_t *person,
                                    const char *code);

/* PERSON sends TEXT to CHANNEL; NULL: to the one that the account's link to the Discord
 * channel WHERE names. *SAID gets the name. CHAT_P_NOT_LOGGED_IN when PERSON has no
 * account, CHAT_P_NO_LINK when there is no such channel, and all refusals of
 * chat_message_send. */
apr_status_t chat_discord_in_say(const char **said, chat_call_t *c,
                                 const chat_discord_person_t *person, const char *where,
                                 const char *channel, const chat_text_t *text);

#endif
