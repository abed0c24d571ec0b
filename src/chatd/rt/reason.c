/* SPDX-License-Identifier: Apache-2.0 */
/* Texts of the reasons for which connections end. */
#include "chatd/rt/reason.h"

static const char *const texts[RT_REASON_COUNT] = {
    [RT_REASON_NONE] = "open",
    [RT_REASON_PEER] = "transport close",
    [RT_REASON_ERROR] = "transport error",
    [RT_REASON_PING] = "ping timeout",
    [RT_REASON_PARSE] = "parse error",
    [RT_REASON_LEFT] = "client namespace disconnect",
    [RT_REASON_KICKED] = "server namespace disconnect",
    [RT_REASON_SHUTDOWN] = "server shutting down",
    [RT_REASON_SLOW] = "slow reader",
    [RT_REASON_CONNECT_TIMEOUT] = "connect timeout",
    [RT_REASON_AUTH_TIMEOUT] = "authentication timeout",
    [RT_REASON_REQUEST_TIMEOUT] = "request timeout",
    [RT_REASON_TOO_LARGE] = "too large",
    [RT_REASON_OVERLAP] = "overlapping requests",
    [RT_REASON_LIMIT] = "over a limit",
    [RT_REASON_DONE] = "done",
};

const char *rt_reason_text(rt_reason reason)
{
    return (unsigned)reason < RT_REASON_COUNT ? texts[reason] : "unknown";
}
