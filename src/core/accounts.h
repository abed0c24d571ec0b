/* SPDX-License-Identifier: Apache-2.0
 * accounts.h - rules of accounts.
 *
 * Every function fills the call's problem and returns CHAT_REFUSED for an expected
 * refusal. Names and passwords are valid UTF-8; formats that only one dialect asks for
 * are checked by that dialect before.
 */
#ifndef CHAT_CORE_ACCOUNTS_H
#define CHAT_CORE_ACCOUNTS_H

#include "base/name.h"
#include "core/admission.h"
#include "core/auth.h"

/* A new open account. CHAT_P_NAME_RULE, CHAT_P_NAME_TAKEN, CHAT_P_CLOSED_REGISTRATION,
 * CHAT_P_RATE. The same request under the same Idempotency-Key succeeds again. */
apr_status_t chat_account_register(chat_call_t *c, const char *name,
                                   const char *password);

typedef struct chat_credentials_t {
    const char *name, *password;
    int email;      /* an e-mail address may replace the name */
    int tell_state; /* CHAT_P_BANNED, CHAT_P_PENDING when the password is right */
    /* A session begins: an account without a password, a user of the site, may show its
     * valid Button token instead. */
    int session;
} chat_credentials_t;

/* As chat_account_verify, with more reasons in its refusal. Failures count for the
 * account, whether it was named by name or by address. */
apr_status_t chat_account_login(chat_account_t *out, chat_call_t *c,
                                const chat_credentials_t *shown);

/* Logs that a login to ACCOUNT (its name; NULL: unknown) was refused. */
void chat_login_refused(const chat_call_t *c, const char *account);

/* Makes A, without rank, profile and password so far, a new open account NAME of the
 * call's chatroom. CHAT_P_NAME_RULE (number: chat_name_t); CHAT_P_NAME_TAKEN for a word
 * of a dialect's paths. The chatroom API's names may have single inner spaces, the other
 * dialects' may not. */
apr_status_t chat_account_prepare(chat_account_t *a, chat_call_t *c, const char *name);

/* The open account with that name and password, or CHAT_P_CREDENTIALS: the same work and
 * the same answer for a wrong password and for an unknown name. CHAT_P_THROTTLED after
 * too many failures for this account from this address, or from this address at all.
 * Takes about 60 ms of CPU; no connection or lock is held meanwhile. */
apr_status_t chat_account_verify(chat_account_t *out, chat_call_t *c, const char *name,
                                 const char *password);

/* Reads A's account again in the unit TX, into OUT: CHAT_P_CREDENTIALS unless it is open
 * and has the password that A was verified with. Between verifying and writing is time
 * for a ban, or for a change of password, and neither may be outrun. */
apr_status_t chat_account_recheck(chat_account_t *out, chat_call_t *c, chat_tx_t *tx,
                                  const chat_account_t *a);

/* Counts an event that is worth as much to an attacker as a failed login. KEY is the
 * account's normalised name. CHAT_P_THROTTLED. */
apr_status_t chat_attempt_count(chat_call_t *c, const char *key);

/* Verifies and changes the password; ends every session, token and open socket. */
apr_status_t chat_account_change_password(chat_call_t *c, const char *name,
                                          const char *password, const char *new_password);
/* Verifies and closes the account for good; its name stays taken. MESSAGES: also deletes
 * the texts of its messages and the name beside them, in pieces. */
apr_status_t chat_account_close(chat_call_t *c, const char *name, const char *password,
                                int messages);

/* The account changes hands: sessions and tokens end, in the unit TX. */
apr_status_t chat_account_revoke(chat_tx_t *tx, const chat_identity_t *who);
/* WHO has the password of HASH from now on, in the unit TX: tokens and sessions end, but
 * Kinglet's only with ChatPasswordEndsSessions. */
apr_status_t chat_account_replace_password(chat_tx_t *tx, const chat_call_t *c,
                                           const chat_identity_t *who, const char *hash);
/* Writes an event: readers of events have to look up WHO again. */
apr_status_t chat_account_changed(chat_tx_t *tx, const chat_identity_t *who);

/* Checks a password's length in bytes (CHAT_P_PASSWORD_RULE) and hashes it within the
 * site's bound on concurrent hashes (CHAT_BUSY), for an account made at CREATED. */
apr_status_t chat_account_hash(const char **hash, chat_call_t *c, apr_time_t created,
                               const char *password);

/* A colour for a new account's name, 0xRRGGBB, legible on light and dark. */
apr_int64_t chat_account_color(const char *name_key);

#endif
