/* SPDX-License-Identifier: Apache-2.0
 * approvals.h - approved lists: permission to write to an account, where
 * ChatApprovedLists is On.
 *
 * Asking and answering work without the directive too.
 */
#ifndef CHAT_CORE_APPROVALS_H
#define CHAT_CORE_APPROVALS_H

#include "core/auth.h"
#include "store/approval.h"
#include "store/message.h"
#include "store/stream.h"

/* In the unit TX: whether WHO may write to all of TO; CHAT_P_NOT_APPROVED names the
 * accounts that have not approved. Always yes without ChatApprovedLists. */
apr_status_t chat_approval_check(chat_call_t *c, chat_tx_t *tx,
                                 const chat_identity_t *who, const chat_recipient_t *to,
                                 int n);

/* The caller asks the account NAME. CHAT_P_NO_ACCOUNT, CHAT_P_ASKED. */
apr_status_t chat_approval_request(chat_call_t *c, const chat_auth_t *auth,
                                   const char *name);
/* The caller approves or rejects the request of NAME; a system message notifies NAME of
 * an approval. CHAT_P_NO_ACCOUNT, CHAT_P_NO_INVITE when NAME never asked. */
apr_status_t chat_approval_answer(chat_call_t *c, const chat_auth_t *auth,
                                  const char *name, int approve);

typedef struct chat_approvals_t {
    chat_approval_t *list;
    int n;
} chat_approvals_t;
/* What others asked the caller, at most 1,000, pending ones first. */
apr_status_t chat_approval_requests(chat_approvals_t *out, chat_call_t *c,
                                    const chat_auth_t *auth);

#endif
