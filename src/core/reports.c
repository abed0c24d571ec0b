/* SPDX-License-Identifier: Apache-2.0 */
/* Rules of reports. */
#include "core/reports.h"

#include "base/bounds.h"
#include "core/bans.h"
#include "core/message_find.h"
#include "core/messages.h"
#include "core/mutes.h"

#include <apr_strings.h>
#include <string.h>

static const char *const outcomes[CHAT_OUTCOMES] = {"none", "delete", "mute", "ban"};

const char *chat_outcome_name(chat_outcome_t outcome)
{
    return outcomes[outcome];
}

typedef struct work_t {
    chat_act_t *act;
    apr_int64_t number; /* of the message */
    apr_int64_t id;     /* of the report */
    chat_outcome_t outcome;
    chat_cases_t *cases;
    int closed;
    apr_int64_t before;
} work_t;

/* ---- reporting ---- */

/* To those that may see the report of a message in CHANNEL. */
static apr_status_t notify_moderators(work_t *w, chat_tx_t *tx, apr_int64_t channel)
{
    chat_act_t *a = w->act;
    chat_event_t e = {.kind = CHAT_EVENT_REPORTED, .subject = w->id};
    apr_status_t rv =
        chat_account_moderators(&e.audience, tx, a->who.room, channel, a->call->pool);
    return rv == APR_SUCCESS && *e.audience ? chat_event_add(tx, a->who.room, &e) : rv;
}

/* Moderators are not kept busy by one account. */
static apr_status_t check_pile(chat_act_t *a, chat_tx_t *tx)
{
    apr_int64_t n;
    apr_status_t rv = chat_report_open(&n, tx, a->who.id);
    return rv == APR_SUCCESS && n >= CHAT_REPORTS_OPEN
               ? chat_refuse_number(&a->call->problem, CHAT_P_RATE, 60)
               : rv;
}

static apr_status_t report(chat_tx_t *tx, void *baton)
{
    work_t *w = baton;
    chat_act_t *a = w->act;
    chat_message_t m;
    chat_report_t r = {.reason = a->reason, .created = a->call->now};
    apr_int64_t before;
    apr_status_t rv = chat_act_begin(a, tx);
    if (rv == APR_SUCCESS)
        rv = chat_message_find(&m, a->call, tx, a->who.room, w->number);
    if (rv == APR_SUCCESS)
        rv = chat_message_check_readable(&a->channel, a->call, tx, &a->who, &m);
    if (rv == APR_SUCCESS && m.author == a->who.id)
        rv = chat_call_refuse(a->call, CHAT_P_SELF, "message_id");
    if (rv != APR_SUCCESS)
        return rv;
    r.room = a->who.room;
    r.message = m.id;
    r.reporter_id = a->who.id;
    rv = chat_report_again(&before, tx, m.id, a->who.id);
    if (rv != CHAT_NOTFOUND) {
        w->id = before;
        return rv;
    }
    rv = check_pile(a, tx);
    if (rv == APR_SUCCESS)
        rv = chat_report_insert(&w->id, tx, &r);
    return rv == APR_SUCCESS ? notify_moderators(w, tx, m.channel) : rv;
}

apr_status_t chat_report(apr_int64_t *id, chat_act_t *a, apr_int64_t number)
{
    work_t w = {.act = a, .number = number};
    apr_status_t rv = chat_act_run(a, report, &w);
    *id = w.id;
    return rv;
}

/* ---- looking ---- */

static apr_status_t read_around(chat_case_t *out, chat_tx_t *tx, apr_pool_t *pool)
{
    const chat_message_t *m = &out->message;
    apr_status_t rv = chat_message_of_channel(&out->before, tx, m->channel, m->id,
                                              CHAT_REPORT_CONTEXT, pool);
    return rv == APR_SUCCESS ? chat_message_after(&out->after, tx, m->channel, m->id,
                                                  CHAT_REPORT_CONTEXT, pool)
                             : rv;
}

static apr_status_t read_case(chat_case_t *out, chat_act_t *a, chat_tx_t *tx)
{
    chat_message_t *m = &out->message;
    apr_pool_t *pool = a->call->pool;
    apr_status_t rv = chat_message_by_id(m, tx, out->report.message, pool);
    if (rv == CHAT_NOTFOUND) {
        memset(m, 0, sizeof(*m));
        return APR_SUCCESS;
    }
    if (out->report.said) {
        m->body = out->report.said;
        m->body_len = out->report.said_len;
    }
    if (rv == APR_SUCCESS && m->channel)
        rv = read_around(out, tx, pool);
    if (rv == APR_SUCCESS && m->author)
        rv = chat_audit_count(&out->acts, tx, a->who.room, m->author);
    out->channel = m->channel_name;
    return rv;
}

static apr_status_t read_cases(work_t *w, chat_tx_t *tx)
{
    chat_act_t *a = w->act;
    const chat_report_t like = {.room = a->who.room, .closed = w->closed};
    int all = chat_policy_allows(CHAT_MAY_BAN, &a->who, NULL, a->owner);
    chat_report_t *list;
    apr_status_t rv = chat_report_page(&list, &w->cases->n, tx, &like,
                                       all ? 0 : a->who.id, w->before, a->call->pool);
    w->cases->list = apr_pcalloc(a->call->pool, sizeof(chat_case_t) * CHAT_REPORTS_PAGE);
    for (int i = 0; rv == APR_SUCCESS && i < w->cases->n; i++) {
        w->cases->list[i].report = list[i];
        rv = read_case(&w->cases->list[i], a, tx);
    }
    return rv;
}

static int is_direct(const chat_case_t *one)
{
    return one->message.recipients && one->message.body_len;
}

/* Who reads a direct message of others is in the log, once for each message. */
static apr_status_t record_readings(chat_tx_t *tx, void *baton)
{
    work_t *w = baton;
    chat_act_t *a = w->act;
    apr_status_t rv = APR_SUCCESS;
    for (int i = 0; rv == APR_SUCCESS && i < w->cases->n; i++) {
        const chat_message_t *m = &w->cases->list[i].message;
        if (!is_direct(&w->cases->list[i]))
            continue;
        a->channel.id = 0;
        a->entry.message = m->id;
        a->target = (chat_identity_t){.id = m->author, .name = m->author_name};
        rv = chat_audit_seen(tx, a->who.room, m->author, m->id, a->who.id);
        if (rv == CHAT_NOTFOUND)
            rv = chat_act_record(a, tx, "read");
    }
    return rv;
}

apr_status_t chat_report_list(chat_cases_t *out, chat_act_t *a, int closed,
                              apr_int64_t before)
{
    work_t w = {.act = a, .cases = out, .closed = closed};
    chat_tx_t *tx;
    int direct = 0;
    apr_status_t rv = chat_act_look(a, &tx);
    w.before = before > 0 ? before : APR_INT64_MAX;
    if (rv == APR_SUCCESS)
        rv = chat_act_may(a, CHAT_MAY_MODERATE);
    if (rv == APR_SUCCESS)
        rv = read_cases(&w, tx);
    rv = chat_store_end(tx, rv);
    for (int i = 0; rv == APR_SUCCESS && i < out->n; i++)
        direct |= is_direct(&out->list[i]);
    return rv == APR_SUCCESS && direct
               ? chat_store_write(a->call->site->store, record_readings, &w)
               : rv;
}

/* ---- closing ---- */

static apr_status_t close_all(work_t *w, chat_tx_t *tx, apr_int64_t message)
{
    chat_act_t *a = w->act;
    chat_report_t *list;
    int n;
    apr_status_t rv = chat_report_same(&list, &n, tx, message, a->call->pool);
    for (int i = 0; rv == APR_SUCCESS && i < n; i++) {
        chat_event_t e = {.kind = CHAT_EVENT_REPORT_CLOSED, .subject = list[i].id};
        list[i].action = outcomes[w->outcome];
        list[i].closing_reason = a->reason;
        list[i].closed_at = a->call->now;
        e.account = list[i].reporter_id;
        e.audience = apr_psprintf(a->call->pool, "%" APR_INT64_T_FMT, e.account);
        e.detail = list[i].action;
        rv = chat_report_close(tx, &list[i], a->who.id);
        if (rv == APR_SUCCESS)
            rv = chat_event_add(tx, a->who.room, &e);
    }
    return rv;
}

/* The message goes, and its author is muted or banned. */
static apr_status_t punish(work_t *w, chat_tx_t *tx, const chat_message_t *m)
{
    chat_act_t *a = w->act;
    apr_status_t rv = w->outcome == CHAT_OUTCOME_BAN ? chat_ban_may(a) : APR_SUCCESS;
    if (rv == APR_SUCCESS)
        rv = chat_act_author(a, tx, m);
    if (rv == APR_SUCCESS && w->outcome != CHAT_OUTCOME_DELETE && !a->target.id)
        return chat_call_refuse_detail(a->call, CHAT_P_NO_ACCOUNT, "username",
                                       m->author_name);
    if (rv == APR_SUCCESS && !m->deleted)
        rv = chat_message_remove(a->call, tx, m, &a->who);
    if (rv == APR_SUCCESS && !m->deleted)
        rv = chat_act_record(a, tx, "delete");
    if (rv != APR_SUCCESS || w->outcome == CHAT_OUTCOME_DELETE)
        return rv;
    return w->outcome == CHAT_OUTCOME_MUTE ? chat_mute_target(a, tx)
                                           : chat_ban_target(a, tx);
}

static apr_status_t find_report(chat_report_t *r, work_t *w, chat_tx_t *tx)
{
    chat_act_t *a = w->act;
    apr_status_t rv = chat_report_by_id(r, tx, w->id, a->call->pool);
    if (rv == CHAT_NOTFOUND || (rv == APR_SUCCESS && r->room != a->who.room))
        return chat_call_refuse(a->call, CHAT_P_NO_REPORT, "report_id");
    if (rv == APR_SUCCESS && r->closed)
        return chat_call_refuse(a->call, CHAT_P_REPORT_CLOSED, "report_id");
    return rv;
}

/* Whether the actor may read all of the channel that the message was said in; DIRECT
 * messages belong to who handles the report. */
static apr_status_t find_place(int *reads, chat_act_t *a, chat_tx_t *tx,
                               const chat_message_t *m)
{
    apr_status_t rv;
    *reads = !m->channel || chat_policy_allows(CHAT_MAY_BAN, &a->who, NULL, a->owner);
    if (*reads)
        return APR_SUCCESS;
    rv = chat_channel_by_id(&a->channel, tx, a->who.id, m->channel, a->call->pool);
    *reads = rv == APR_SUCCESS &&
             chat_policy_allows(CHAT_MAY_READ, &a->who, &a->channel, a->owner);
    return rv == CHAT_NOTFOUND ? APR_SUCCESS : rv;
}

static apr_status_t end_report(chat_tx_t *tx, void *baton)
{
    work_t *w = baton;
    chat_act_t *a = w->act;
    chat_report_t r;
    chat_message_t m;
    int reads;
    apr_status_t rv = chat_act_begin(a, tx);
    if (rv == APR_SUCCESS)
        rv = chat_act_may(a, CHAT_MAY_MODERATE);
    if (rv == APR_SUCCESS)
        rv = find_report(&r, w, tx);
    if (rv != APR_SUCCESS)
        return rv;
    rv = chat_message_by_id(&m, tx, r.message, a->call->pool);
    if (rv == CHAT_NOTFOUND && w->outcome != CHAT_OUTCOME_NONE)
        return chat_call_refuse(a->call, CHAT_P_NO_MESSAGE, "message_id");
    if (rv == APR_SUCCESS) {
        rv = find_place(&reads, a, tx, &m);
        if (rv == APR_SUCCESS && !reads)
            return chat_call_refuse(a->call, CHAT_P_NO_REPORT, "report_id");
    }
    a->channel.id = 0; /* ranks and mutes are those of the chatroom */
    a->entry.message = r.message;
    if (rv == APR_SUCCESS && w->outcome != CHAT_OUTCOME_NONE)
        rv = punish(w, tx, &m);
    if (rv == APR_SUCCESS || rv == CHAT_NOTFOUND)
        rv = close_all(w, tx, r.message);
    return rv == APR_SUCCESS ? chat_act_record(a, tx, "close report") : rv;
}

apr_status_t chat_report_end(chat_act_t *a, apr_int64_t id, chat_outcome_t outcome)
{
    work_t w = {.act = a, .id = id, .outcome = outcome};
    return chat_act_run(a, end_report, &w);
}
