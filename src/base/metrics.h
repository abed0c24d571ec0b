/* SPDX-License-Identifier: Apache-2.0
 * metrics.h - what is counted for monitoring: one row of one table for each metric.
 *
 * A new metric is a row here and CHAT_COUNT, CHAT_OBSERVE or an assignment where it is
 * counted; `/metrics`, server-status and the daemon's answer follow the table. Its name
 * outside is mod_chat_MEMBER, with _total behind a count and _seconds behind a time.
 * Counting is an atomic addition in memory that several processes may share.
 */
#ifndef CHAT_BASE_METRICS_H
#define CHAT_BASE_METRICS_H

#include "base/problem.h"

#include <apr.h>

/* Sets of label values: L(set, how many). */
#define CHAT_LABELS(L)                                  \
    L(none, 1)                                          \
    L(version, 1)                                       \
    L(answer, 16) /* dialect and class of the status */ \
    L(dialect, 4)                                       \
    L(problem, CHAT_P_COUNT)                            \
    L(message, 3)                                       \
    L(reading, 4)                                       \
    L(failure, 5)                                       \
    L(kept, 2)                                          \
    L(way, 5)                                           \
    L(shed, 5)                                          \
    L(carrier, 4)                                       \
    L(transport, 2)                                     \
    L(end, 16)                                          \
    L(replay, 2)                                        \
    L(delivery, 6)

#define CHAT_LABEL_SIZE(set, n) CHAT_LABEL_SIZE_##set = (n),
enum { CHAT_LABELS(CHAT_LABEL_SIZE) CHAT_LABEL_SIZES };
#undef CHAT_LABEL_SIZE
#define CHAT_LABEL_ID(set, n) CHAT_LABEL_##set,
typedef enum chat_label_t { CHAT_LABELS(CHAT_LABEL_ID) CHAT_LABEL_COUNT } chat_label_t;
#undef CHAT_LABEL_ID

/* Values of the sets, where no other type has them. */
enum { CHAT_SENT_CHANNEL, CHAT_SENT_DIRECT, CHAT_SENT_ANNOUNCEMENT };
enum { CHAT_READ_CHANNEL, CHAT_READ_DIRECT, CHAT_READ_ANNOUNCEMENT, CHAT_READ_OTHER };
enum { CHAT_KEPT_HIT, CHAT_KEPT_MISS };
enum {
    CHAT_VIA_HANDOVER,
    CHAT_VIA_HANDOVER_TLS,
    CHAT_VIA_PARK,
    CHAT_VIA_FORWARD,
    CHAT_VIA_PROXY
};
enum {
    CHAT_SHED_THREADS,
    CHAT_SHED_PARKED,
    CHAT_SHED_UNAVAILABLE,
    CHAT_SHED_ORIGIN,
    CHAT_SHED_PASSWORDS
};
enum { CHAT_CARRIER_SOCKET, CHAT_CARRIER_TLS, CHAT_CARRIER_RELAY, CHAT_CARRIER_PROXY };
/* + 3 for mail. */
enum { CHAT_DELIVERY_DONE, CHAT_DELIVERY_RETRIED, CHAT_DELIVERY_GIVEN_UP };

/* Cells of one label value: counts of the buckets, of what is above them, and the sum. */
#define CHAT_TIME_BUCKETS 16
#define CHAT_SIZE_BUCKETS 10
typedef enum chat_metric_kind_t {
    CHAT_METRIC_COUNT,
    CHAT_METRIC_GAUGE,
    CHAT_METRIC_TIME, /* a histogram of microseconds */
    CHAT_METRIC_SIZE  /* a histogram of numbers */
} chat_metric_kind_t;
enum {
    CHAT_CELLS_COUNT = 1,
    CHAT_CELLS_GAUGE = 1,
    CHAT_CELLS_TIME = CHAT_TIME_BUCKETS + 2,
    CHAT_CELLS_SIZE = CHAT_SIZE_BUCKETS + 2
};

/* Which process has the numbers. */
typedef enum chat_metric_place_t {
    CHAT_IN_HTTPD,
    CHAT_IN_REALTIME, /* httpd, when it has a daemon */
    CHAT_IN_CHATD
} chat_metric_place_t;

/* M(member, place, kind, labels, help): where it is counted stands behind. A GAUGE is set
 * when it is asked for. */
/* clang-format off */
#define CHAT_METRICS(M) \
    M(build_info, HTTPD, GAUGE, version, "1; the version is the label.") /* httpd/watch/exposition.c */ \
    M(requests, HTTPD, COUNT, answer, "Answered requests.") /* httpd/request/handler.c */ \
    M(request, HTTPD, TIME, dialect, "Time from a request's head to its answer.") /* the same */ \
    M(refusals, HTTPD, COUNT, problem, "Refused requests.") /* api/api.c */ \
    M(sends, HTTPD, COUNT, message, "Messages sent.") /* core/send.c */ \
    M(send, HTTPD, TIME, none, "Time from a request's head to its message being durable.") /* the same */ \
    M(reads, HTTPD, COUNT, reading, "Pages of messages read.") /* core/messages.c, history.c */ \
    M(search, HTTPD, TIME, none, "Time of a search.") /* core/search.c */ \
    M(registrations, HTTPD, COUNT, none, "Accounts that clients created.") /* api/api.c */ \
    M(logins, HTTPD, COUNT, none, "Passwords that were right.") /* core/accounts.c */ \
    M(failed_logins, HTTPD, COUNT, none, "Passwords and names that were wrong.") /* the same */ \
    M(password_wait, HTTPD, TIME, none, "Time that a password waited for a processor.") /* httpd/request/hashing.c */ \
    M(answers, HTTPD, COUNT, kept, "Answers of polls that were kept, and that were not.") /* api/api.c */ \
    M(database_up, HTTPD, GAUGE, none, "1 while all databases can be used.") /* httpd/watch/exposition.c */ \
    M(database_wait, HTTPD, TIME, none, "Time until a connection to the database was free.") /* store/store.c */ \
    M(database_read, HTTPD, TIME, none, "Time of a unit that reads, with its wait.") /* the same */ \
    M(database_write, HTTPD, TIME, none, "Time of a unit that writes, until it is durable.") /* the same */ \
    M(write_group, HTTPD, SIZE, none, "Units that shared a transaction.") /* store/writer.c, store.c */ \
    M(database_sync, HTTPD, TIME, none, "Time of a sync of the write-ahead log.") /* the same */ \
    M(database_failures, HTTPD, COUNT, failure, "Units that the database failed.") /* store/store.c */ \
    M(cleaning, HTTPD, TIME, none, "Time of one clearing of expired rows.") /* httpd/janitor.c */ \
    M(indexing, HTTPD, TIME, none, "Time of bringing the index of words on.") /* the same */ \
    M(outbox_waiting, HTTPD, GAUGE, none, "Mails and Discord messages that wait.") /* httpd/watch/exposition.c */ \
    M(outbox_age_seconds, HTTPD, GAUGE, none, "Age of the oldest of these.") /* the same */ \
    M(daemon_up, REALTIME, GAUGE, none, "1 while the realtime daemon runs and answers.") /* the same */ \
    M(held_threads, REALTIME, GAUGE, none, "Threads of httpd that realtime clients hold.") /* the same */ \
    M(realtime_requests, REALTIME, COUNT, way, "Realtime requests, by the way they took.") /* httpd/realtime */ \
    M(shed, HTTPD, COUNT, shed, "Clients turned away because of a limit.") /* httpd/realtime, request/hashing.c */ \
    M(hints, REALTIME, COUNT, none, "Hints to the daemon that there is news.") /* httpd/realtime/realtime.c */ \
    M(sockets, CHATD, GAUGE, carrier, "Open connections, by what brings their bytes.") /* chatd/client_counts.c */ \
    M(sessions, CHATD, GAUGE, transport, "Engine.IO sessions.") /* the same */ \
    M(strangers, CHATD, GAUGE, none, "Sessions that have not logged in.") /* the same */ \
    M(rooms, CHATD, GAUGE, none, "Chatrooms with listeners.") /* the same */ \
    M(members, CHATD, GAUGE, none, "Accounts with sockets.") /* the same */ \
    M(events_behind, CHATD, GAUGE, none, "Events that were not handed out yet.") /* the same */ \
    M(nodes, CHATD, GAUGE, none, "Daemons on other machines that are heard of.") /* the same */ \
    M(events, CHATD, COUNT, none, "Events that were handed out.") /* chatd/feed.c */ \
    M(event, CHATD, TIME, none, "Time from an event's creation to its hand-out.") /* the same */ \
    M(replays, CHATD, COUNT, replay, "Reconnected clients, and whether all they missed was still there.") /* the same */ \
    M(sessions_ended, CHATD, COUNT, end, "Ended sessions.") /* chatd/site.c */ \
    M(deliveries, CHATD, COUNT, delivery, "Attempts to deliver mail and Discord messages.") /* outbox/worker.c */
/* clang-format on */

#define CHAT_METRIC_CELLS(member, place, kind, labels, help) \
    apr_uint64_t member[CHAT_CELLS_##kind * CHAT_LABEL_SIZE_##labels];
typedef struct chat_metrics_t {
    CHAT_METRICS(CHAT_METRIC_CELLS)
} chat_metrics_t;
#undef CHAT_METRIC_CELLS
#define CHAT_METRIC_ALL (sizeof(chat_metrics_t) / sizeof(apr_uint64_t))

/* A row, as others walk the table. */
typedef struct chat_metric_t {
    const char *member;
    chat_metric_place_t place;
    chat_metric_kind_t kind;
    chat_label_t labels;
    const char *help;
    apr_size_t first; /* its first cell */
} chat_metric_t;
extern const chat_metric_t chat_metric_table[]; /* ends with member NULL */

/* How many values LABELS has, and cells a value has. */
int chat_metric_values(const chat_metric_t *m);
int chat_metric_cells(const chat_metric_t *m);
/* `kind="direct"`; "" without labels. OUT is as large as it needs. */
#define CHAT_LABEL_SIZE_MAX 64
void chat_metric_label(char out[CHAT_LABEL_SIZE_MAX], const chat_metric_t *m, int value);
/* The upper bound of bucket I. */
apr_uint64_t chat_metric_bound(chat_metric_kind_t kind, int i);

/* Adds one to value I of MEMBER; METRICS may be NULL: nothing is counted. */
#define CHAT_COUNT(metrics, member, i)                                        \
    do {                                                                      \
        if (metrics)                                                          \
            __atomic_add_fetch(&(metrics)->member[(i)], 1, __ATOMIC_RELAXED); \
    } while (0)
/* The same with the number N in the histogram MEMBER of KIND, TIME or SIZE. */
#define CHAT_OBSERVE(metrics, member, kind, i, n)                          \
    do {                                                                   \
        if (metrics)                                                       \
            chat_metric_observe(&(metrics)->member[(i)*CHAT_CELLS_##kind], \
                                CHAT_METRIC_##kind, (apr_int64_t)(n));     \
    } while (0)
void chat_metric_observe(apr_uint64_t *cells, chat_metric_kind_t kind, apr_int64_t n);

#endif
