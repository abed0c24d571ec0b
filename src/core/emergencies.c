/* SPDX-License-Identifier: Apache-2.0 */
/* Rules of emergencies. */
#include "core/emergencies.h"

#include <apr_strings.h>

typedef struct work_t {
    chat_act_t *act;
    int on;
} work_t;

static apr_status_t store(work_t *w, chat_tx_t *tx)
{
    chat_act_t *a = w->act;
    const chat_emergency_t e = {a->call->now, a->who.name, a->reason};
    return w->on ? chat_emergency_put(tx, a->who.room, &e)
                 : chat_emergency_end(tx, a->who.room);
}

static apr_status_t set(chat_tx_t *tx, void *baton)
{
    work_t *w = baton;
    chat_act_t *a = w->act;
    chat_event_t e = {.kind = CHAT_EVENT_EMERGENCY};
    apr_status_t rv = chat_act_begin(a, tx);
    if (rv == APR_SUCCESS &&
        !chat_policy_allows(CHAT_MAY_GOVERN, &a->who, NULL, a->owner))
        return chat_call_refuse(a->call, CHAT_P_NOT_ADMIN, NULL);
    if (rv == APR_SUCCESS)
        rv = store(w, tx);
    if (rv == CHAT_NOTFOUND) /* there was none */
        return APR_SUCCESS;
    e.detail = w->on
                   ? a->reason ? apr_pstrcat(a->call->pool, "on ", a->reason, NULL) : "on"
                   : "off";
    if (rv == APR_SUCCESS)
        rv = chat_event_add(tx, a->who.room, &e);
    return rv == APR_SUCCESS
               ? chat_act_record(a, tx, w->on ? "emergency on" : "emergency off")
               : rv;
}

apr_status_t chat_emergency_set(chat_act_t *a, int on)
{
    work_t w = {a, on};
    apr_status_t rv = chat_act_run(a, set, &w);
    if (rv == APR_SUCCESS)
        chat_log(&a->call->site->log, CHAT_LOG_NOTICE, 961, APR_SUCCESS,
                 "the emergency of chatroom %" APR_INT64_T_FMT " is %s, by %s%s%s",
                 a->who.room, on ? "on" : "off", a->who.name, a->reason ? ": " : "",
                 a->reason ? a->reason : "");
    return rv;
}

apr_status_t chat_emergency_check(chat_call_t *c, chat_tx_t *tx)
{
    chat_emergency_t e;
    apr_status_t rv = chat_emergency_find(&e, tx, c->room, c->pool);
    return rv == APR_SUCCESS && e.since
               ? chat_call_refuse(c, CHAT_P_CLOSED_REGISTRATION, NULL)
               : rv;
}
