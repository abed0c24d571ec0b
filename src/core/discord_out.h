/* SPDX-License-Identifier: Apache-2.0
 * discord_out.h - messages to Discord: what the Button API's senddcmsg endpoints put into
 * the outbox. Delivery is the daemon's.
 */
#ifndef CHAT_CORE_DISCORD_OUT_H
#define CHAT_CORE_DISCORD_OUT_H

#include "core/messages.h"

/* Discord's own limit of a message, in characters; a text that a bot sends begins with
 * the sender's name and may have fewer of its own. A longer text is refused with
 * CHAT_P_TOO_LARGE and the number that fits. */
#define CHAT_BRIDGE_MAX 2000

/* For the site's webhook. Accepted even without a webhook: then it is stored in state
 * no-target. */
apr_status_t chat_discord_out_send(chat_call_t *c, const chat_auth_t *auth,
                                   const chat_text_t *text);

/* To the Discord channel or person that the caller calls TARGET; CHAT_P_NO_LINK when an
 * administrator has linked none of that name to the account. */
apr_status_t chat_discord_out_send_to(chat_call_t *c, const chat_auth_t *auth,
                                      const char *target, const chat_text_t *text);

/* The user name that a webhook's message carries for NAME, or NULL when Discord does not
 * allow it: then the text begins with it. */
const char *chat_discord_out_username(const char *name);

/* The text that is sent for NAME: by a bot, or BY_WEBHOOK. */
const char *chat_discord_out_content(const char *name, const chat_text_t *text,
                                     int by_webhook, apr_pool_t *pool);

#endif
