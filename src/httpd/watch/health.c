/* SPDX-License-Identifier: Apache-2.0 */
/* Whether this httpd can serve chat. */
#include "httpd/watch/health.h"

#include "base/buffer.h"
#include "httpd/database.h"
#include "httpd/realtime/client_counts.h"
#include "httpd/request/map.h"
#include "httpd/site.h"

#include <httpd.h>
#include <apr_strings.h>
#include <http_protocol.h>
#include <string.h>

#define TEXT_MAX 1024

static const char ok[] = "ok";

/* In the order in which they are shown; NULL: not part of this site. */
typedef struct findings_t {
    const char *database, *schema, *daemon;
} findings_t;

static int is_bad(const char *finding)
{
    return finding && finding != ok;
}

typedef struct versions_t {
    int version, latest;
} versions_t;

static apr_status_t read_version(chat_tx_t *tx, void *baton)
{
    versions_t *v = baton;
    return chat_schema_version(&v->version, &v->latest, tx);
}

static void look_at_databases(findings_t *f, const chat_generation_t *gen)
{
    f->database = f->schema = ok;
    for (int i = 0; i < gen->databases->nelts; i++) {
        chat_site_database_t *database =
            APR_ARRAY_IDX(gen->databases, i, chat_site_database_t *);
        versions_t v = {0, 0};
        if (!chat_database_ready(database))
            f->database = "cannot be used";
        else if (chat_store_read(database->store, read_version, &v) != APR_SUCCESS)
            f->database = "does not answer";
        else if (v.version < v.latest)
            f->schema = "older than this release: restart httpd";
    }
    if (f->database != ok)
        f->schema = NULL;
}

static void look_at_daemon(findings_t *f, const chat_generation_t *gen, apr_pool_t *pool)
{
    chat_metrics_t any;
    apr_status_t rv;
    if (!gen->daemon)
        return;
    rv = chat_client_metrics(&any, gen, pool);
    f->daemon = rv == APR_EINIT                           ? "does not run"
                : rv == APR_SUCCESS || rv == APR_EGENERAL ? ok
                                                          : "does not answer";
}

static void write_json(chat_buffer_t *out, const char *name, const char *value)
{
    if (value)
        chat_buffer_printf(out, ",\"%s\":\"%s\"", name, value);
}

static void write_plain(chat_buffer_t *out, const char *name, const char *value)
{
    if (value)
        chat_buffer_printf(out, "%s: %s\n", name, value);
}

static void write_findings(chat_buffer_t *out, const findings_t *f, int good, int json)
{
    void (*write)(chat_buffer_t *, const char *, const char *) =
        json ? write_json : write_plain;
    chat_buffer_puts(out, json ? "{\"status\":" : "");
    chat_buffer_puts(out, json   ? good ? "\"ok\"" : "\"not ready\""
                          : good ? "ok\n"
                                 : "not ready\n");
    write(out, "database", f->database);
    write(out, "schema", f->schema);
    write(out, "daemon", f->daemon);
    chat_buffer_puts(out, json ? "}\n" : "");
}

/* What the path of R ends with; *JSON: with .json behind. */
static const char *question_of(const request_rec *r, int *json)
{
    const char *tail = strrchr(r->uri, '/');
    const char *dot = tail ? strrchr(tail, '.') : NULL;
    *json = dot && !strcmp(dot, ".json");
    if (!tail || (dot && !*json))
        return "";
    return apr_pstrmemdup(r->pool, tail + 1,
                          dot ? (apr_size_t)(dot - tail - 1) : strlen(tail + 1));
}

int chat_health_handler(request_rec *r)
{
    const chat_generation_t *gen = chat_config_server(r->server)->generation;
    findings_t f = {NULL, NULL, NULL};
    const char *question;
    chat_buffer_t out;
    int json, ready, good, status;
    if (!chat_map_serves(&status, r, CHAT_HEALTH_HANDLER))
        return status;
    question = question_of(r, &json);
    ready = !strcmp(question, "ready");
    if (!ready && strcmp(question, "live") != 0)
        return HTTP_NOT_FOUND;
    if (ready && gen) {
        look_at_databases(&f, gen);
        look_at_daemon(&f, gen, r->pool);
    }
    good =
        !ready || (gen && !is_bad(f.database) && !is_bad(f.schema) && !is_bad(f.daemon));
    chat_buffer_init(&out, 128, TEXT_MAX, r->pool);
    write_findings(&out, &f, good, json);
    r->status = good ? HTTP_OK : HTTP_SERVICE_UNAVAILABLE;
    ap_set_content_type(r, json ? "application/json" : "text/plain; charset=utf-8");
    apr_table_setn(r->headers_out, "Cache-Control", "no-store");
    ap_set_content_length(r, (apr_off_t)out.len);
    if (!r->header_only)
        ap_rwrite(out.data, (int)out.len, r);
    return OK;
}
