/* SPDX-License-Identifier: Apache-2.0
 * discord.h - the senders of Discord: webhook, channels, persons.
 *
 * Messages to channels and persons are sent by the bot, each with a nonce: within the
 * minutes that Discord remembers one, a message is not posted twice. A webhook has no
 * nonce: there a lost answer means that the message is sent again and may appear twice.
 */
#ifndef CHAT_OUTBOX_DISCORD_H
#define CHAT_OUTBOX_DISCORD_H

#include "outbox/worker.h"

#define CHAT_DISCORD_API "https://discord.com/api/v10"

typedef struct chat_discord_config_t {
    const char *api;          /* without a slash at its end */
    const char *webhook_file; /* with the webhook's URL, or NULL */
    const char *token_file;   /* with the bot's token, or NULL */
    const chat_secret_t *secret;
} chat_discord_config_t;

/* Adds the senders that CONFIG has files for. The files are read again for every message,
 * so that a new token needs no restart. */
void chat_discord_add(chat_worker_t *w, const chat_discord_config_t *config);

#endif
