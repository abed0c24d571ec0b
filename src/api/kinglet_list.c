/* SPDX-License-Identifier: Apache-2.0 */
/* Kinglet API v1: approved lists. */
#include "api/kinglet.h"
#include "core/approvals.h"

#include <apr_strings.h>
#include <string.h>

static const char *const states[] = {
    [CHAT_APPROVAL_PENDING] = "pending",
    [CHAT_APPROVAL_APPROVED] = "approved",
    [CHAT_APPROVAL_REJECTED] = "rejected",
};

static apr_status_t requests(chat_kinglet_t *k)
{
    chat_approvals_t all;
    chat_writer_t w;
    apr_status_t rv = chat_approval_requests(&all, k->call, &k->auth);
    if (rv != APR_SUCCESS)
        return rv;
    chat_kinglet_answer(&w, k->resp, 200);
    chat_write_member_array(&w, "requests");
    for (int i = 0; i < all.n; i++) {
        char date[CHAT_DATE_SIZE];
        chat_kinglet_date(date, all.list[i].created, 0);
        chat_write_object(&w);
        chat_write_member(&w, "user_name", all.list[i].name);
        chat_write_member(&w, "status", states[all.list[i].state]);
        chat_write_member(&w, "created_date", date);
        chat_write_end(&w);
    }
    return chat_write_finish(&w);
}

static apr_status_t refuse(chat_call_t *c, chat_response_t *resp, const char *name)
{
    chat_kinglet_error_t e = {.status = 400};
    switch (c->problem.code) {
    case CHAT_P_NO_ACCOUNT:
        e.status = 404;
        e.user = "Could not retrieve user information.";
        e.system = apr_pstrcat(c->pool, name, " not found.", NULL);
        break;
    case CHAT_P_ASKED:
        e.user = e.system = "Request made earlier.";
        e.request_status = states[c->problem.number];
        break;
    case CHAT_P_NO_INVITE:
        e.user = "Invalid request.";
        e.system = apr_pstrcat(c->pool, name, " made no request.", NULL);
        break;
    default:
        return CHAT_REFUSED;
    }
    return chat_kinglet_fail(resp, &e);
}

static apr_status_t act(chat_kinglet_t *k)
{
    const char *word = k->segment[1], *name = k->segment[2];
    int ask = !strcmp(word, "request");
    chat_writer_t w;
    apr_status_t rv =
        ask ? chat_approval_request(k->call, &k->auth, name)
            : chat_approval_answer(k->call, &k->auth, name, !strcmp(word, "approve"));
    if (rv == CHAT_REFUSED)
        return refuse(k->call, k->resp, name);
    if (rv != APR_SUCCESS)
        return rv;
    chat_kinglet_answer(&w, k->resp, 200);
    if (ask)
        chat_write_member(&w, "made_request", "true");
    return chat_write_finish(&w);
}

apr_status_t chat_kinglet_lists(chat_kinglet_t *k)
{
    const char *word = k->n > 1 ? k->segment[1] : "";
    apr_status_t rv = chat_kinglet_need_user(k);
    if (rv != APR_SUCCESS)
        return rv;
    if (chat_kinglet_ends(k, 1, "requests"))
        return requests(k);
    if (k->n == 3 &&
        (!strcmp(word, "request") || !strcmp(word, "approve") || !strcmp(word, "reject")))
        return act(k);
    return chat_call_refuse_detail(k->call, CHAT_P_NO_ENDPOINT, NULL,
                                   k->segment[k->n - 1]);
}
