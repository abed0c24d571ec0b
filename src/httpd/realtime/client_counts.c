/* SPDX-License-Identifier: Apache-2.0 */
/* Asks chatd for numbers. */
#include "httpd/realtime/client_counts.h"

#include "httpd/realtime/context.h"
#include "render/json.h"
#include "wire/link.h"
#include "wire/proof.h"

#include <apr_strings.h>
#include <string.h>
#include <unistd.h>

/* chatd answers from memory; one that is stuck must not hold up its administrator. */
#define WAIT_MS 1000
/* 100 numbers and their names, in both directions. */
#define TEXT_MAX 8192

/* ---- the question ---- */

/* "SITE ROOM ID,ID,...", or NULL. */
static const char *question_of(const chat_host_t *host, const chat_sockets_t *s,
                               apr_pool_t *pool)
{
    chat_buffer_t out;
    chat_buffer_init(&out, 256, TEXT_MAX, pool);
    chat_buffer_int(&out, host->number);
    chat_buffer_byte(&out, ' ');
    chat_buffer_int(&out, s->room);
    chat_buffer_byte(&out, ' ');
    for (int i = 0; i < s->n; i++) {
        if (i)
            chat_buffer_byte(&out, ',');
        chat_buffer_int(&out, s->ids[i]);
    }
    return out.overflow ? NULL : chat_buffer_text(&out);
}

static const char *request_of(const chat_host_t *host, const char *path,
                              const char *question, apr_pool_t *pool)
{
    return apr_pstrcat(
        pool, "GET ", path, " HTTP/1.1\r\nHost: localhost\r\n",
        CHAT_INTAKE_COUNTS_HEADER ": ",
        chat_proof_add(question, CHAT_PROOF_COUNTS, &host->site.secret, pool),
        "\r\nConnection: close\r\n\r\n", NULL);
}

/* ---- to chatd and back ---- */

static void add_body(void *baton, const char *bytes, apr_size_t len)
{
    chat_buffer_add(baton, bytes, len);
}

static apr_status_t ask(chat_buffer_t *body, const char *path, const char *request)
{
    chat_wire_answer_t answer = {.body = add_body, .baton = body};
    int fd;
    apr_status_t rv = chat_wire_connect(&fd, path);
    if (rv == APR_SUCCESS)
        rv = chat_wire_write(fd, request, strlen(request), WAIT_MS);
    if (rv == APR_SUCCESS)
        rv = chat_wire_receive(&answer, fd, WAIT_MS);
    if (rv == APR_SUCCESS && (answer.status != 200 || body->overflow))
        rv = APR_EGENERAL;
    chat_wire_answer_clear(&answer);
    if (fd >= 0)
        close(fd);
    return rv;
}

/* ---- the answer ---- */

static int read_answer(chat_sockets_t *s, const chat_buffer_t *body, apr_pool_t *pool)
{
    const chat_json_t *all, *of;
    const char *why;
    if (chat_json_parse(&all, &why, body->data, body->len, pool) != APR_SUCCESS ||
        !chat_json_integer(&s->total, chat_json_member(all, "total")) ||
        !chat_json_integer(&s->websockets, chat_json_member(all, "websockets")) ||
        !chat_json_integer(&s->strangers, chat_json_member(all, "strangers")))
        return 0;
    of = chat_json_member(all, "of");
    if (chat_json_count(of) != (apr_size_t)s->n)
        return 0;
    s->of = apr_palloc(pool, ((apr_size_t)s->n + 1) * sizeof(*s->of));
    for (int i = 0; i < s->n; i++) {
        if (!chat_json_integer(&s->of[i], chat_json_element(of, (apr_size_t)i)))
            return 0;
    }
    return 1;
}

apr_status_t chat_client_counts(void *baton, chat_sockets_t *s, apr_pool_t *pool)
{
    const chat_host_t *host = baton;
    const chat_realtime_t *realtime = host->database->generation->realtime;
    const char *question = question_of(host, s, pool);
    chat_buffer_t body;
    apr_status_t rv;
    if (host->way == CHAT_WAY_OFF || !chat_context_running(realtime))
        return APR_EINIT;
    if (!question)
        return APR_EINVAL;
    chat_buffer_init(&body, 512, TEXT_MAX, pool);
    rv = ask(&body, realtime->daemon->http,
             request_of(host, CHAT_INTAKE_COUNTS_PATH, question, pool));
    if (rv == APR_SUCCESS && !read_answer(s, &body, pool))
        rv = APR_EGENERAL;
    if (rv != APR_SUCCESS) {
        chat_log(&host->site.log, CHAT_LOG_WARNING, 623, rv,
                 "chatd did not answer the client count");
    }
    return rv;
}

static int read_cells(chat_metrics_t *out, const chat_buffer_t *body, apr_pool_t *pool)
{
    const chat_json_t *all, *cells;
    const char *why;
    apr_size_t at = 0;
    if (chat_json_parse(&all, &why, body->data, body->len, pool) != APR_SUCCESS)
        return 0;
    cells = chat_json_member(all, "cells");
    for (const chat_metric_t *m = chat_metric_table; m->member; m++) {
        int n =
            m->place == CHAT_IN_CHATD ? chat_metric_values(m) * chat_metric_cells(m) : 0;
        for (int i = 0; i < n; i++) {
            apr_int64_t number;
            if (!chat_json_integer(&number, chat_json_element(cells, at++)))
                return 0;
            ((apr_uint64_t *)out)[m->first + (apr_size_t)i] = (apr_uint64_t)number;
        }
    }
    return chat_json_count(cells) == at;
}

/* A host of which chatd can check a proof: all have the same numbers. */
static const chat_host_t *any_host(const chat_generation_t *gen)
{
    const chat_host_t *any = NULL;
    for (int i = 0; i < gen->hosts->nelts; i++) {
        const chat_host_t *host = APR_ARRAY_IDX(gen->hosts, i, const chat_host_t *);
        if (host->way != CHAT_WAY_OFF && (!any || !any->database->ready))
            any = host;
    }
    return any;
}

apr_status_t chat_client_metrics(chat_metrics_t *out, const chat_generation_t *gen,
                                 apr_pool_t *pool)
{
    const chat_sockets_t none = {.n = 0};
    const chat_host_t *host = any_host(gen);
    chat_buffer_t body;
    apr_status_t rv;
    if (!host || !chat_context_running(gen->realtime))
        return APR_EINIT;
    chat_buffer_init(&body, 2048, TEXT_MAX, pool);
    rv = ask(
        &body, gen->realtime->daemon->http,
        request_of(host, CHAT_INTAKE_METRICS_PATH, question_of(host, &none, pool), pool));
    return rv == APR_SUCCESS && !read_cells(out, &body, pool) ? APR_EGENERAL : rv;
}
