/* SPDX-License-Identifier: Apache-2.0
 * silence.h - what keeps an account from saying something for a while, in whatever form:
 * a message, a reaction, the name or topic of a channel, a text of its profile.
 */
#ifndef CHAT_CORE_SILENCE_H
#define CHAT_CORE_SILENCE_H

#include "core/call.h"
#include "store/account.h"
#include "store/channel.h"

/* Whether WHO may say something now in CH, NULL: elsewhere, as in a direct message:
 * CHAT_P_MUTED; CHAT_P_EMERGENCY for a new account in an emergency. */
apr_status_t chat_silence_check(chat_call_t *c, chat_tx_t *tx, const chat_identity_t *who,
                                const chat_channel_t *ch);
/* The same where TEXT, or NULL, takes the place of BEFORE, when that says something new.
 */
apr_status_t chat_silence_check_text(chat_call_t *c, chat_tx_t *tx,
                                     const chat_identity_t *who, const char *text,
                                     const char *before);
/* The same for a message, which counts for slow mode: CHAT_P_RATE. */
apr_status_t chat_silence_take(chat_call_t *c, chat_tx_t *tx, const chat_identity_t *who,
                               const chat_channel_t *ch);

#endif
