/* SPDX-License-Identifier: Apache-2.0
 * admission.h - rules of what a new account may be: whether its name is free, its
 * password.
 */
#ifndef CHAT_CORE_ADMISSION_H
#define CHAT_CORE_ADMISSION_H

#include "core/call.h"
#include "store/account.h"

/* Whether the account A, which is to be made, may be in the unit TX: CHAT_P_NAME_TAKEN,
 * also for a name that looks like another, CHAT_P_CLOSED_REGISTRATION in an emergency. */
apr_status_t chat_account_admit(chat_call_t *c, chat_tx_t *tx, const chat_account_t *a);
/* CHAT_P_PASSWORD_COMMON for a PASSWORD that others guess first for NAME,
 * CHAT_P_PASSWORD_RULE for one that is too long. For dialects
 * whose documents allow the refusal. */
apr_status_t chat_account_password(chat_call_t *c, const char *password,
                                   const char *name);

#endif
