/* SPDX-License-Identifier: Apache-2.0
 * report.h - rows of reports of messages.
 */
#ifndef CHAT_STORE_REPORT_H
#define CHAT_STORE_REPORT_H

#include "store/store.h"

typedef struct chat_report_t {
    apr_int64_t id, room, message;
    apr_int64_t reporter_id;
    const char *reporter; /* name */
    const char *reason;
    int closed;
    const char *action;         /* what was done; NULL while it is open */
    const char *closer;         /* name; NULL: the tool, or it is open */
    const char *closing_reason; /* or NULL */
    apr_time_t created, closed_at;
    /* of the reporter: reports so far, and those that something was done for */
    apr_int64_t sent, upheld;
    const char *said; /* the message's text when it was reported; NULL once closed */
    apr_size_t said_len;
} chat_report_t;

/* The report that REPORTER sent about MESSAGE before, or CHAT_NOTFOUND. */
apr_status_t chat_report_again(apr_int64_t *id, chat_tx_t *tx, apr_int64_t message,
                               apr_int64_t reporter);
/* Keeps the message's text, too. CHAT_CONFLICT when there is one. */
apr_status_t chat_report_insert(apr_int64_t *id, chat_tx_t *tx, const chat_report_t *r);
/* How many of REPORTER's are open. */
apr_status_t chat_report_open(apr_int64_t *n, chat_tx_t *tx, apr_int64_t reporter);
#define CHAT_REPORTS_PAGE 20
/* At most CHAT_REPORTS_PAGE of a chatroom, closed or not as LIKE says, with an id below
 * BEFORE, the newest first. READER: those of channels alone that this account may read;
 * 0: all. */
apr_status_t chat_report_page(chat_report_t **out, int *n, chat_tx_t *tx,
                              const chat_report_t *like, apr_int64_t reader,
                              apr_int64_t before, apr_pool_t *pool);
apr_status_t chat_report_by_id(chat_report_t *out, chat_tx_t *tx, apr_int64_t id,
                               apr_pool_t *pool);
/* The open ones about a message. */
apr_status_t chat_report_same(chat_report_t **out, int *n, chat_tx_t *tx,
                              apr_int64_t message, apr_pool_t *pool);
/* Closes R by its id: action, closing_reason and closed_at are set from it. CHAT_NOTFOUND
 * when it is not open. */
apr_status_t chat_report_close(chat_tx_t *tx, const chat_report_t *r, apr_int64_t closer);
/* MESSAGE is erased: reports keep nothing of its text. */
apr_status_t chat_report_forget(chat_tx_t *tx, apr_int64_t message);

#endif
