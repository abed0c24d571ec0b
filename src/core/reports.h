/* SPDX-License-Identifier: Apache-2.0
 * reports.h - rules of reports: members report messages, moderators close the reports.
 */
#ifndef CHAT_CORE_REPORTS_H
#define CHAT_CORE_REPORTS_H

#include "core/act.h"
#include "store/report.h"

/* Reports message NUMBER, which the caller can read, for a->reason. A second report of
 * the same caller is the first one. CHAT_P_NO_MESSAGE, CHAT_P_MESSAGE_FOREIGN,
 * CHAT_P_SELF for the caller's own; CHAT_P_RATE while CHAT_REPORTS_OPEN of the caller's
 * are open. */
apr_status_t chat_report(apr_int64_t *id, chat_act_t *a, apr_int64_t number);

/* A report with what a moderator needs to judge it. */
typedef struct chat_case_t {
    chat_report_t report;
    /* as it was reported, while the report is open; id 0: it is gone */
    chat_message_t message;
    const char *channel; /* name; NULL: a direct message */
    /* around it in its channel, up to CHAT_REPORT_CONTEXT each: newest first, oldest
     * first */
    chat_messages_t before, after;
    apr_int64_t acts; /* entries of the audit log about the author */
} chat_case_t;
typedef struct chat_cases_t {
    chat_case_t *list;
    int n;
} chat_cases_t;

#define CHAT_REPORT_CONTEXT 5
/* Open or CLOSED ones with an id below BEFORE (0: from the newest). A direct message is
 * shown because it was reported, and the audit log says to whom. CHAT_P_NOT_OWNER. */
apr_status_t chat_report_list(chat_cases_t *out, chat_act_t *a, int closed,
                              apr_int64_t before);

typedef enum chat_outcome_t {
    CHAT_OUTCOME_NONE,
    CHAT_OUTCOME_DELETE, /* the message */
    CHAT_OUTCOME_MUTE,   /* its author, in the chatroom, until a->until; and deletes it */
    CHAT_OUTCOME_BAN,    /* the same */
    CHAT_OUTCOMES
} chat_outcome_t;
const char *chat_outcome_name(chat_outcome_t outcome);

/* Closes report ID and all others about its message; each reporter learns the outcome.
 * The refusals of that act; CHAT_P_NO_REPORT, CHAT_P_REPORT_CLOSED. */
apr_status_t chat_report_end(chat_act_t *a, apr_int64_t id, chat_outcome_t outcome);

#endif
