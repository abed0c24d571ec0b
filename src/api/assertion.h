/* SPDX-License-Identifier: Apache-2.0
 * assertion.h - what the site says of a user: a JSON Web Token (RFC 7519) that it signed.
 */
#ifndef CHAT_API_ASSERTION_H
#define CHAT_API_ASSERTION_H

#include "core/signon.h"

/* Checks TEXT, LEN bytes, against the site's keys and fills OUT. CHAT_P_ASSERTION: the
 * detail and the log name the claim that is wrong. */
apr_status_t chat_assertion_read(chat_signon_t *out, chat_call_t *c, const char *text,
                                 apr_size_t len);

#endif
