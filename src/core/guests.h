/* SPDX-License-Identifier: Apache-2.0
 * guests.h - guests: accounts of rank CHAT_RANK_GUEST for a visit.
 *
 * A guest has a token and no password, and reads and writes in the channels of
 * ChatGuests, as long as they are public. Its name begins with CHAT_GUEST_MARK, which no
 * account's can. A day without a request ends it.
 */
#ifndef CHAT_CORE_GUESTS_H
#define CHAT_CORE_GUESTS_H

#include "core/signon.h"

#define CHAT_GUEST_MARK "~"

/* A new guest. NAME NULL: one is chosen. CHAT_P_NAME_RULE, CHAT_P_NAME_TAKEN,
 * CHAT_P_NO_CHANNEL, CHAT_P_RATE. The same request under the same Idempotency-Key
 * succeeds again. */
apr_status_t chat_guest_enter(chat_signed_t *out, chat_call_t *c, const char *name);

/* The guest of AUTH becomes the account NAME with PASSWORD and keeps its token and its
 * messages. Refusals as of chat_account_register; CHAT_NOTFOUND when it is no guest's.
 * The same request under the same Idempotency-Key is then one of chat_account_register.
 */
apr_status_t chat_guest_register(chat_call_t *c, const chat_auth_t *auth,
                                 const char *name, const char *password);

/* Notes that the guest of the call's token is in use. */
apr_status_t chat_guest_touch(chat_call_t *c);

#endif
