/* SPDX-License-Identifier: Apache-2.0 */
/* Counts for Prometheus and mod_status. */
#include "httpd/watch/exposition.h"

#include "base/buffer.h"
#include "base/version.h"
#include "httpd/database.h"
#include "httpd/realtime/client_counts.h"
#include "httpd/realtime_state.h"
#include "httpd/request/map.h"
#include "httpd/site.h"
#include "store/outbox.h"

#include <httpd.h>
#include <apr_lib.h>
#include <apr_strings.h>
#include <http_protocol.h>
#include <mod_status.h>

#define TEXT_MAX 131072

/* ---- a copy with everything that is set when it is asked for ---- */

typedef struct outbox_t {
    apr_int64_t n;
    apr_time_t since;
} outbox_t;

static apr_status_t read_outbox(chat_tx_t *tx, void *baton)
{
    outbox_t *o = baton;
    return chat_outbox_waiting(&o->n, &o->since, tx);
}

static void set_databases(chat_metrics_t *m, const chat_generation_t *gen)
{
    apr_time_t now = apr_time_now(), oldest = now;
    m->database_up[0] = 1;
    for (int i = 0; i < gen->databases->nelts; i++) {
        chat_site_database_t *database =
            APR_ARRAY_IDX(gen->databases, i, chat_site_database_t *);
        outbox_t outbox = {0, 0};
        if (!chat_database_ready(database) ||
            chat_store_read(database->store, read_outbox, &outbox) != APR_SUCCESS) {
            m->database_up[0] = 0;
            continue;
        }
        m->outbox_waiting[0] += (apr_uint64_t)outbox.n;
        if (outbox.n && outbox.since < oldest)
            oldest = outbox.since;
    }
    m->outbox_age_seconds[0] = (apr_uint64_t)apr_time_sec(now - oldest);
}

typedef struct snapshot_t {
    chat_metrics_t all;
    int daemon; /* chatd is wanted */
    int asked;  /* ... and answered */
} snapshot_t;

static snapshot_t *snapshot_create(const chat_generation_t *gen, apr_pool_t *pool)
{
    snapshot_t *s = apr_pcalloc(pool, sizeof(*s));
    const apr_uint64_t *shared = (const apr_uint64_t *)gen->metrics;
    apr_uint64_t *own = (apr_uint64_t *)&s->all;
    apr_status_t rv;
    for (apr_size_t i = 0; i < CHAT_METRIC_ALL; i++)
        own[i] = __atomic_load_n(&shared[i], __ATOMIC_RELAXED);
    s->all.build_info[0] = 1;
    set_databases(&s->all, gen);
    s->daemon = gen->state != NULL;
    if (!s->daemon)
        return s;
    rv = chat_client_metrics(&s->all, gen, pool);
    s->asked = rv == APR_SUCCESS;
    /* without a database it knows nothing to tell */
    s->all.daemon_up[0] = s->asked || rv == APR_EGENERAL;
    s->all.held_threads[0] = (apr_uint64_t)chat_realtime_state_held(gen->state);
    return s;
}

static int is_known(const snapshot_t *s, const chat_metric_t *m)
{
    if (m->place == CHAT_IN_CHATD)
        return s->asked;
    return s->daemon || m->place != CHAT_IN_REALTIME;
}

static const apr_uint64_t *cells_of(const snapshot_t *s, const chat_metric_t *m,
                                    int value)
{
    return (const apr_uint64_t *)&s->all + m->first + value * chat_metric_cells(m);
}

static int buckets_of(const chat_metric_t *m)
{
    return chat_metric_cells(m) - 2;
}

static apr_uint64_t count_of(const chat_metric_t *m, const apr_uint64_t *cells)
{
    apr_uint64_t n = 0;
    for (int i = 0; i <= buckets_of(m); i++)
        n += cells[i];
    return n;
}

static const char *suffix_of(const chat_metric_t *m)
{
    return m->kind == CHAT_METRIC_COUNT  ? "_total"
           : m->kind == CHAT_METRIC_TIME ? "_seconds"
                                         : "";
}

/* Seconds, without the noise of a binary fraction; or the number. */
static void put_number(chat_buffer_t *out, const chat_metric_t *m, apr_uint64_t n)
{
    if (m->kind == CHAT_METRIC_TIME)
        chat_buffer_printf(out, "%" APR_UINT64_T_FMT ".%06d", n / 1000000,
                           (int)(n % 1000000));
    else
        chat_buffer_printf(out, "%" APR_UINT64_T_FMT, n);
}

/* ---- Prometheus ---- */

static void write_histogram(chat_buffer_t *out, const chat_metric_t *m,
                            const apr_uint64_t *cells, const char *label)
{
    int n = buckets_of(m);
    apr_uint64_t below = 0;
    const char *comma = *label ? "," : "", *name = m->member, *suffix = suffix_of(m);
    for (int i = 0; i < n; i++) {
        below += cells[i];
        chat_buffer_printf(out, "mod_chat_%s%s_bucket{%s%sle=\"", name, suffix, label,
                           comma);
        put_number(out, m, chat_metric_bound(m->kind, i));
        chat_buffer_printf(out, "\"} %" APR_UINT64_T_FMT "\n", below);
    }
    chat_buffer_printf(out,
                       "mod_chat_%s%s_bucket{%s%sle=\"+Inf\"} %" APR_UINT64_T_FMT "\n",
                       name, suffix, label, comma, count_of(m, cells));
    chat_buffer_printf(out, "mod_chat_%s%s_sum%s%s%s ", name, suffix, *label ? "{" : "",
                       label, *label ? "}" : "");
    put_number(out, m, cells[n + 1]);
    chat_buffer_printf(out, "\nmod_chat_%s%s_count%s%s%s %" APR_UINT64_T_FMT "\n", name,
                       suffix, *label ? "{" : "", label, *label ? "}" : "",
                       count_of(m, cells));
}

static void write_metric(chat_buffer_t *out, const chat_metric_t *m, const snapshot_t *s)
{
    static const char *const types[] = {"counter", "gauge", "histogram", "histogram"};
    const char *name = m->member, *suffix = suffix_of(m);
    chat_buffer_printf(out, "# HELP mod_chat_%s%s %s\n# TYPE mod_chat_%s%s %s\n", name,
                       suffix, m->help, name, suffix, types[m->kind]);
    for (int i = 0; i < chat_metric_values(m); i++) {
        const apr_uint64_t *cells = cells_of(s, m, i);
        char label[CHAT_LABEL_SIZE_MAX];
        chat_metric_label(label, m, i);
        if (m->kind == CHAT_METRIC_TIME || m->kind == CHAT_METRIC_SIZE)
            write_histogram(out, m, cells, label);
        else
            chat_buffer_printf(out, "mod_chat_%s%s%s%s%s %" APR_UINT64_T_FMT "\n", name,
                               suffix, *label ? "{" : "", label, *label ? "}" : "",
                               *cells);
    }
}

int chat_exposition_handler(request_rec *r)
{
    const chat_generation_t *gen;
    const snapshot_t *s;
    chat_buffer_t out;
    int status;
    if (!chat_map_serves(&status, r, CHAT_METRICS_HANDLER))
        return status;
    gen = chat_config_server(r->server)->generation;
    chat_buffer_init(&out, 32768, TEXT_MAX, r->pool);
    s = gen && gen->metrics ? snapshot_create(gen, r->pool) : NULL;
    for (const chat_metric_t *m = chat_metric_table; s && m->member; m++) {
        if (is_known(s, m))
            write_metric(&out, m, s);
    }
    ap_set_content_type(r, "text/plain; version=0.0.4; charset=utf-8");
    apr_table_setn(r->headers_out, "Cache-Control", "no-store");
    ap_set_content_length(r, (apr_off_t)out.len);
    if (!r->header_only)
        ap_rwrite(out.data, (int)out.len, r);
    return OK;
}

/* ---- mod_status ---- */

/* events_behind: EventsBehind. */
static const char *short_name(const chat_metric_t *m, apr_pool_t *pool)
{
    char *name = apr_pstrdup(pool, m->member), *to = name;
    int upper = 1;
    for (const char *p = m->member; *p; p++) {
        if (*p == '_')
            upper = 1;
        else {
            *to++ = upper ? (char)apr_toupper(*p) : *p;
            upper = 0;
        }
    }
    *to = '\0';
    return name;
}

/* What M has in all: a number, or of a histogram how many and their mean. */
static const char *value_of(const chat_metric_t *m, const snapshot_t *s, apr_pool_t *pool)
{
    apr_uint64_t n = 0, sum = 0;
    for (int i = 0; i < chat_metric_values(m); i++) {
        const apr_uint64_t *cells = cells_of(s, m, i);
        int last = chat_metric_cells(m) - 1;
        n += last ? count_of(m, cells) : *cells;
        sum += last ? cells[last] : 0;
    }
    if (m->kind == CHAT_METRIC_COUNT || m->kind == CHAT_METRIC_GAUGE)
        return apr_psprintf(pool, "%" APR_UINT64_T_FMT, n);
    return apr_psprintf(
        pool, "%" APR_UINT64_T_FMT " %.6f", n,
        n ? (double)sum / (double)n / (m->kind == CHAT_METRIC_TIME ? 1e6 : 1) : 0.0);
}

int chat_exposition_status(request_rec *r, int flags)
{
    const chat_generation_t *gen = chat_config_server(r->server)->generation;
    int plain = flags & AP_STATUS_SHORT;
    const snapshot_t *s;
    if (!gen || !gen->metrics)
        return DECLINED;
    s = snapshot_create(gen, r->pool);
    if (!plain)
        ap_rputs("<hr>\n<h1>mod_chat " CHAT_VERSION "</h1>\n<table>\n"
                 "<tr><th>what</th><th>number</th><th>mean</th></tr>\n",
                 r);
    for (const chat_metric_t *m = chat_metric_table; m->member; m++) {
        const char *value, *mean;
        if (!is_known(s, m) || m->labels == CHAT_LABEL_version)
            continue;
        value = value_of(m, s, r->pool);
        if (plain) {
            ap_rprintf(r, "Chat%s: %s\n", short_name(m, r->pool), value);
            continue;
        }
        mean = strchr(value, ' ');
        ap_rprintf(r, "<tr><td>%s</td><td>%.*s</td><td>%s%s</td></tr>\n", m->help,
                   (int)strcspn(value, " "), value, mean ? mean + 1 : "",
                   mean && m->kind == CHAT_METRIC_TIME ? " s" : "");
    }
    if (!plain)
        ap_rputs("</table>\n", r);
    return OK;
}
