/* SPDX-License-Identifier: Apache-2.0
 * edits.h - rules of changing a message's text, and of the texts that it had before.
 */
#ifndef CHAT_CORE_EDITS_H
#define CHAT_CORE_EDITS_H

#include "core/messages.h"
#include "store/version.h"

/* Gives the caller's own message NUMBER the text TEXT; the earlier one is kept. *EDITED
 * is when. CHAT_P_NO_MESSAGE, CHAT_P_NOT_EDITOR, CHAT_P_NO_WRITE when the author may no
 * longer write there, CHAT_P_EMPTY, CHAT_P_TOO_LARGE, CHAT_P_RATE. */
apr_status_t chat_message_edit(apr_time_t *edited, chat_call_t *c,
                               const chat_auth_t *auth, apr_int64_t number,
                               const chat_text_t *text);

/* The newest CHAT_VERSIONS_MAX texts of message NUMBER, oldest first, the present one
 * last; for the author and who may delete it. CHAT_P_NO_MESSAGE,
 * CHAT_P_NOT_OWNER. */
#define CHAT_VERSIONS_MAX 100
apr_status_t chat_message_versions(chat_versions_t *out, chat_call_t *c,
                                   const chat_auth_t *auth, apr_int64_t number);

#endif
