/* SPDX-License-Identifier: Apache-2.0
 * quota.h - the counters of one event, counted all or not at all.
 *
 * An event counts for an account, for an address and, in IPv6, for the network around it;
 * another dialect or the next address must not help. The numbers are in base/bounds.h.
 */
#ifndef CHAT_CORE_QUOTA_H
#define CHAT_CORE_QUOTA_H

#include "core/call.h"

/* Adds the counter WHAT (any text) under RULE; nothing when the rule is off. */
void chat_quota_add(chat_quota_t *q, const chat_call_t *c, const char *what,
                    chat_rule_t rule);
/* Adds the counter WHAT of the call's address, and for IPv6 that of its /48 with WIDE
 * times the count. */
void chat_quota_add_address(chat_quota_t *q, const chat_call_t *c, const char *what,
                            chat_rule_t rule, int wide);

/* From now on Q counts in the database where machines share one: exact, for a unit of
 * work each time; outside of other units. What the database forgets, the caller may count
 * in memory besides. */
void chat_quota_share(chat_quota_t *q, const chat_call_t *c);

/* From now on Q counts together with other machines, if there are any, in so far as they
 * have told each other: up to a second late. */
void chat_quota_join(chat_quota_t *q, const chat_call_t *c);

/* Refuses with CODE, whose number is the time to wait, when a counter has no room. */
apr_status_t chat_quota_ask(const chat_quota_t *q, chat_call_t *c,
                            chat_problem_code_t code);
/* The same, and counts one event in each when all have room. */
apr_status_t chat_quota_take(const chat_quota_t *q, chat_call_t *c,
                             chat_problem_code_t code);
/* Undoes the newest event. */
void chat_quota_return(const chat_quota_t *q, const chat_call_t *c);
/* Forgets every event. */
void chat_quota_clear(const chat_quota_t *q, const chat_call_t *c);

/* Whether a log line about a refusal is due: for each ID and address a few a minute. */
int chat_quota_note(const chat_call_t *c, int id);

/* Counts an answer that reveals whether a name or an e-mail address exists:
 * CHAT_P_THROTTLED. Returns CHAT_REFUSED with that, or RV as it is. */
apr_status_t chat_quota_probe(chat_call_t *c, apr_status_t rv);

#endif
