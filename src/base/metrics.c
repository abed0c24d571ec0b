/* SPDX-License-Identifier: Apache-2.0 */
/* The table of metrics, its labels, and histograms. */
#include "base/metrics.h"

#include "base/version.h"

#include <apr_strings.h>
#include <stddef.h>

#define ROW(member, place, kind, labels, help) \
    {#member,                                  \
     CHAT_IN_##place,                          \
     CHAT_METRIC_##kind,                       \
     CHAT_LABEL_##labels,                      \
     help,                                     \
     offsetof(chat_metrics_t, member) / sizeof(apr_uint64_t)},
const chat_metric_t chat_metric_table[] = {
    CHAT_METRICS(ROW){NULL, CHAT_IN_HTTPD, CHAT_METRIC_COUNT, CHAT_LABEL_none, NULL, 0}};
#undef ROW

#define SIZE(set, n) n,
static const int sizes[] = {CHAT_LABELS(SIZE)};
#undef SIZE

#define OF_DIALECT(name)                                                          \
    "dialect=\"" name "\",status=\"2xx\"", "dialect=\"" name "\",status=\"3xx\"", \
        "dialect=\"" name "\",status=\"4xx\"", "dialect=\"" name "\",status=\"5xx\""

/* In the order of their types; those of refusals are elsewhere. */
static const char *const labels[CHAT_LABEL_COUNT][16] = {
    [CHAT_LABEL_none] = {""},
    [CHAT_LABEL_version] = {"version=\"" CHAT_VERSION "\""},
    [CHAT_LABEL_answer] = {OF_DIALECT("button"), OF_DIALECT("chatroom"),
                           OF_DIALECT("teendevops"), OF_DIALECT("kinglet")},
    [CHAT_LABEL_dialect] = {"dialect=\"button\"", "dialect=\"chatroom\"",
                            "dialect=\"teendevops\"", "dialect=\"kinglet\""},
    [CHAT_LABEL_message] = {"kind=\"channel\"", "kind=\"direct\"",
                            "kind=\"announcement\""},
    [CHAT_LABEL_reading] = {"kind=\"channel\"", "kind=\"direct\"",
                            "kind=\"announcement\"", "kind=\"other\""},
    [CHAT_LABEL_failure] = {"failure=\"busy\"", "failure=\"full\"", "failure=\"lost\"",
                            "failure=\"broken\"", "failure=\"other\""},
    [CHAT_LABEL_kept] = {"kept=\"yes\"", "kept=\"no\""},
    [CHAT_LABEL_way] = {"way=\"handover\"", "way=\"handover-tls\"", "way=\"park\"",
                        "way=\"forward\"", "way=\"proxy\""},
    [CHAT_LABEL_shed] = {"limit=\"threads\"", "limit=\"parked\"", "limit=\"unavailable\"",
                         "limit=\"origin\"", "limit=\"passwords\""},
    [CHAT_LABEL_carrier] = {"carrier=\"socket\"", "carrier=\"tls\"", "carrier=\"relay\"",
                            "carrier=\"proxy\""},
    [CHAT_LABEL_transport] = {"transport=\"websocket\"", "transport=\"polling\""},
    [CHAT_LABEL_end] = {"reason=\"open\"", "reason=\"closed\"", "reason=\"error\"",
                        "reason=\"ping-timeout\"", "reason=\"parse-error\"",
                        "reason=\"left\"", "reason=\"kicked\"", "reason=\"shutdown\"",
                        "reason=\"slow\"", "reason=\"connect-timeout\"",
                        "reason=\"login-timeout\"", "reason=\"request-timeout\"",
                        "reason=\"too-large\"", "reason=\"overlap\"", "reason=\"limit\"",
                        "reason=\"done\""},
    [CHAT_LABEL_replay] = {"complete=\"yes\"", "complete=\"no\""},
    [CHAT_LABEL_delivery] = {"kind=\"discord\",outcome=\"delivered\"",
                             "kind=\"discord\",outcome=\"retried\"",
                             "kind=\"discord\",outcome=\"given-up\"",
                             "kind=\"mail\",outcome=\"delivered\"",
                             "kind=\"mail\",outcome=\"retried\"",
                             "kind=\"mail\",outcome=\"given-up\""},
};

/* Microseconds, and numbers; below the first is common, above the last is a fault. */
static const apr_uint64_t time_bounds[CHAT_TIME_BUCKETS] = {
    100,   250,    500,    1000,   2500,    5000,    10000,   25000,
    50000, 100000, 250000, 500000, 1000000, 2500000, 5000000, 10000000};
static const apr_uint64_t size_bounds[CHAT_SIZE_BUCKETS] = {1,  2,  4,   8,   16,
                                                            32, 64, 128, 256, 512};

int chat_metric_values(const chat_metric_t *m)
{
    return sizes[m->labels];
}

int chat_metric_cells(const chat_metric_t *m)
{
    return m->kind == CHAT_METRIC_TIME   ? CHAT_CELLS_TIME
           : m->kind == CHAT_METRIC_SIZE ? CHAT_CELLS_SIZE
                                         : 1;
}

void chat_metric_label(char out[CHAT_LABEL_SIZE_MAX], const chat_metric_t *m, int value)
{
    if (m->labels == CHAT_LABEL_problem)
        apr_snprintf(out, CHAT_LABEL_SIZE_MAX, "problem=\"%s\"",
                     chat_problem_name((chat_problem_code_t)value));
    else
        apr_cpystrn(out, labels[m->labels][value], CHAT_LABEL_SIZE_MAX);
}

apr_uint64_t chat_metric_bound(chat_metric_kind_t kind, int i)
{
    return kind == CHAT_METRIC_TIME ? time_bounds[i] : size_bounds[i];
}

void chat_metric_observe(apr_uint64_t *cells, chat_metric_kind_t kind, apr_int64_t n)
{
    const apr_uint64_t *bounds = kind == CHAT_METRIC_TIME ? time_bounds : size_bounds;
    int i = 0, count = kind == CHAT_METRIC_TIME ? CHAT_TIME_BUCKETS : CHAT_SIZE_BUCKETS;
    apr_uint64_t value = n > 0 ? (apr_uint64_t)n : 0; /* a clock was set back */
    while (i < count && value > bounds[i])
        i++;
    __atomic_add_fetch(&cells[i], 1, __ATOMIC_RELAXED);
    __atomic_add_fetch(&cells[count + 1], value, __ATOMIC_RELAXED);
}
