/* SPDX-License-Identifier: Apache-2.0
 * tokens.h - Button tokens: derived from the site's secret, the account and a count, so
 * that the valid one can be given again.
 */
#ifndef CHAT_CORE_TOKENS_H
#define CHAT_CORE_TOKENS_H

#include "core/auth.h"

/* Creates a new token for the verified account A; the old one becomes invalid. *CHANGED:
 * whether there was a valid one. */
apr_status_t chat_token_make(char out[CHAT_UUID_SIZE], int *changed, chat_call_t *c,
                             const chat_account_t *a);
/* The valid token of A, or CHAT_P_NO_TOKEN. */
apr_status_t chat_token_get(char out[CHAT_UUID_SIZE], chat_call_t *c,
                            const chat_account_t *a);

/* The valid token of A, or a new one, in the unit TX; *MADE: it is new, and readers of
 * events have to look up the account again. */
apr_status_t chat_token_keep(char out[CHAT_UUID_SIZE], int *made, chat_call_t *c,
                             chat_tx_t *tx, const chat_account_t *a);

#endif
