/* SPDX-License-Identifier: Apache-2.0 */
/* Expected refusals, filled in. */
#include "base/problem.h"

#include "base/status.h"

#include <stddef.h>

/* How long a client should wait: a writer lock is free again immediately. A database that
 * is back is found by the next unit, unless one that began before still waits for it: for
 * 2.7 seconds at most, and the breaker's pause behind. */
#define SECONDS_BUSY 1
#define SECONDS_AWAY 3

#define NAME(name) #name,
static const char *const names[] = {CHAT_PROBLEMS(NAME)};
#undef NAME

const char *chat_problem_name(chat_problem_code_t code)
{
    return code ? names[code] : "OK";
}

static void fill(chat_problem_t *problem, chat_problem_code_t code, const char *field,
                 const char *detail, apr_int64_t number)
{
    problem->code = code;
    problem->field = field;
    problem->detail = detail;
    problem->number = number;
}

apr_status_t chat_refuse(chat_problem_t *problem, chat_problem_code_t code,
                         const char *field, const char *detail)
{
    fill(problem, code, field, detail, 0);
    return CHAT_REFUSED;
}

apr_status_t chat_refuse_number(chat_problem_t *problem, chat_problem_code_t code,
                                apr_int64_t number)
{
    fill(problem, code, NULL, NULL, number);
    return CHAT_REFUSED;
}

void chat_problem_of_status(chat_problem_t *problem, apr_status_t rv)
{
    if (rv == CHAT_REFUSED)
        return;
    if (rv == APR_SUCCESS)
        fill(problem, CHAT_P_NONE, NULL, NULL, 0);
    else if (rv == CHAT_BUSY)
        fill(problem, CHAT_P_UNAVAILABLE, NULL, NULL, SECONDS_BUSY);
    else if (rv == CHAT_LOST)
        fill(problem, CHAT_P_UNAVAILABLE, NULL, NULL, SECONDS_AWAY);
    else if (rv == CHAT_FULL || APR_STATUS_IS_ENOSPC(rv))
        fill(problem, CHAT_P_DISK_FULL, NULL, NULL, 0);
    else if (rv == CHAT_TOOBIG)
        fill(problem, CHAT_P_TOO_LARGE, NULL, NULL, 0);
    else if (rv == CHAT_MALFORMED)
        fill(problem, CHAT_P_MALFORMED, NULL, NULL, 0);
    else if (APR_STATUS_IS_TIMEUP(rv))
        fill(problem, CHAT_P_TIMEOUT, NULL, NULL, 0);
    else
        fill(problem, CHAT_P_INTERNAL, NULL, NULL, 0);
}
