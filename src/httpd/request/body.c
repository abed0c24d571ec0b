/* SPDX-License-Identifier: Apache-2.0 */
/* Request bodies, read up to a limit. */
#include "httpd/request/body.h"

#include "base/buffer.h"
#include "base/status.h"

#include <httpd.h>
#include <apr_strings.h>
#include <http_protocol.h>

#define FIRST_SIZE 1024
#define READ_SIZE 8192

/*
 * When httpd's input filter finds broken chunking or a body above LimitRequestBody it
 * sends an error page down the output filters by itself, and the caller only learns that
 * something failed. While a body is read this filter is first and keeps the status
 * instead of the page. */
apr_status_t chat_body_guard(ap_filter_t *f, apr_bucket_brigade *bb)
{
    int *status = f->ctx;
    apr_bucket *b;
    for (b = APR_BRIGADE_FIRST(bb); b != APR_BRIGADE_SENTINEL(bb);
         b = APR_BUCKET_NEXT(b)) {
        if (AP_BUCKET_IS_ERROR(b)) {
            *status = ((ap_bucket_error *)b->data)->status;
            apr_brigade_cleanup(bb);
            return AP_FILTER_ERROR;
        }
    }
    return ap_pass_brigade(f->next, bb);
}

static apr_status_t refuse_status(chat_problem_t *problem, apr_status_t rv, int status,
                                  apr_size_t limit)
{
    if (status == OK)
        status = ap_map_http_request_error(rv, HTTP_BAD_REQUEST);
    if (status == HTTP_REQUEST_ENTITY_TOO_LARGE)
        return chat_refuse_number(problem, CHAT_P_TOO_LARGE, (apr_int64_t)limit);
    if (status == HTTP_REQUEST_TIME_OUT)
        return chat_refuse(problem, CHAT_P_TIMEOUT, NULL, NULL);
    return chat_refuse(problem, CHAT_P_MALFORMED, NULL, "the request body is broken");
}

/* Moves what arrived into the buffer; *EOS when that was all. */
static apr_status_t drain(chat_buffer_t *out, int *eos, apr_bucket_brigade *bb)
{
    apr_bucket *b;
    apr_status_t rv = APR_SUCCESS;
    for (b = APR_BRIGADE_FIRST(bb); b != APR_BRIGADE_SENTINEL(bb) && rv == APR_SUCCESS;
         b = APR_BUCKET_NEXT(b)) {
        const char *data;
        apr_size_t len;
        if (APR_BUCKET_IS_EOS(b)) {
            *eos = 1;
            break;
        }
        if (APR_BUCKET_IS_METADATA(b))
            continue;
        rv = apr_bucket_read(b, &data, &len, APR_BLOCK_READ);
        if (rv == APR_SUCCESS)
            chat_buffer_add(out, data, len);
    }
    apr_brigade_cleanup(bb);
    return rv;
}

static apr_status_t read_all(chat_buffer_t *out, request_rec *r)
{
    apr_bucket_brigade *bb = apr_brigade_create(r->pool, r->connection->bucket_alloc);
    apr_status_t rv = APR_SUCCESS;
    int eos = 0;
    while (!eos && !out->overflow && rv == APR_SUCCESS) {
        rv = ap_get_brigade(r->input_filters, bb, AP_MODE_READBYTES, APR_BLOCK_READ,
                            READ_SIZE);
        if (rv == APR_SUCCESS)
            rv = drain(out, &eos, bb);
    }
    apr_brigade_destroy(bb);
    return rv;
}

/* Content-Length as far as it can be known before reading; 0 when it cannot. */
static apr_size_t announced(const request_rec *r)
{
    const char *text = apr_table_get(r->headers_in, "Content-Length");
    apr_off_t n;
    if (!text || !ap_parse_strict_length(&n, text) || n < 0)
        return 0;
    return (apr_size_t)n;
}

apr_status_t chat_body_read(const char **body, apr_size_t *len, chat_problem_t *problem,
                            request_rec *r, apr_size_t limit)
{
    apr_size_t expected = announced(r);
    chat_buffer_t buffer;
    ap_filter_t *guard;
    apr_status_t rv = APR_SUCCESS;
    int status = OK;
    *body = "";
    *len = 0;
    if (!ap_request_has_body(r))
        return APR_SUCCESS;
    /* one byte over the limit distinguishes too long from just fitting */
    chat_buffer_init(&buffer, expected && expected < limit ? expected + 1 : FIRST_SIZE,
                     limit + 1, r->pool);
    if (expected > limit) {
        buffer.overflow = 1;
    }
    else {
        guard = ap_add_output_filter(CHAT_BODY_GUARD, &status, r, r->connection);
        rv = read_all(&buffer, r);
        ap_remove_output_filter(guard);
    }
    if (rv == APR_SUCCESS && !buffer.overflow && buffer.len <= limit) {
        *body = chat_buffer_text(&buffer);
        *len = buffer.len;
        return APR_SUCCESS;
    }
    /* Bytes still on their way are not the next request. */
    r->connection->keepalive = AP_CONN_CLOSE;
    if (rv == APR_SUCCESS)
        return chat_refuse_number(problem, CHAT_P_TOO_LARGE, (apr_int64_t)limit);
    return refuse_status(problem, rv, status, limit);
}

void chat_body_drop(request_rec *r, apr_size_t limit)
{
    chat_problem_t ignored;
    const char *body;
    apr_size_t len;
    if (r->expecting_100)
        r->connection->keepalive = AP_CONN_CLOSE;
    else
        chat_body_read(&body, &len, &ignored, r, limit);
}
