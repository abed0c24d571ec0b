/* SPDX-License-Identifier: Apache-2.0 */
/* An httpd module for the tests: appends each request to the chat and its answer to a
 * file, for check.py.
 *
 *     LoadModule record_module DIR/mod_record.so      with CHAT_RECORD=DIR in httpd's
 * environment
 *
 * One record of DIR/answers.PID: a line of JSON with the lengths of the bodies, then the
 * bodies and a line break. It is appended by one write(), so that threads do not mix
 * theirs; what a killed process has begun is the last of its file. */
#include <httpd.h>
#include <apr_strings.h>
#include <fcntl.h>
#include <http_config.h>
#include <http_log.h>
#include <http_protocol.h>
#include <http_request.h>
#include <stdlib.h>
#include <unistd.h>
#include <util_filter.h>

#define MOST (256 << 10) /* bytes of a body; a longer one is not recorded */

static ap_filter_rec_t *reads, *writes;

/* The bodies of one request. */
typedef struct exchange_t {
    char *text[2]; /* request, answer */
    apr_size_t len[2], room[2];
    int cut;
} exchange_t;

static void add(exchange_t *x, int side, const char *data, apr_size_t len,
                apr_pool_t *pool)
{
    if (x->len[side] + len > MOST)
        x->cut = 1;
    if (x->cut)
        return;
    if (x->len[side] + len > x->room[side]) {
        char *more = apr_palloc(pool, x->room[side] = 2 * (x->len[side] + len) + 1024);
        if (x->len[side])
            memcpy(more, x->text[side], x->len[side]);
        x->text[side] = more;
    }
    memcpy(x->text[side] + x->len[side], data, len);
    x->len[side] += len;
}

/* Whether BB ends its body. */
static int collect(exchange_t *x, int side, apr_bucket_brigade *bb, apr_pool_t *pool)
{
    apr_bucket *b;
    for (b = APR_BRIGADE_FIRST(bb); b != APR_BRIGADE_SENTINEL(bb);
         b = APR_BUCKET_NEXT(b)) {
        const char *data;
        apr_size_t len;
        if (APR_BUCKET_IS_EOS(b))
            return 1;
        if (!APR_BUCKET_IS_METADATA(b) &&
            apr_bucket_read(b, &data, &len, APR_BLOCK_READ) == APR_SUCCESS)
            add(x, side, data, len, pool);
    }
    return 0;
}

static void append(request_rec *r, exchange_t *x)
{
    const char *type = r->content_type ? r->content_type : "";
    const char *head =
        apr_psprintf(r->pool,
                     "{\"method\":\"%s\",\"path\":\"%s\",\"route\":\"%s\",\"args\":\"%"
                     "s\",\"status\":%d,\"type\":\"%s\",\"lengths\":[%d,%d]}\n",
                     r->method, ap_escape_uri(r->pool, r->uri),
                     apr_table_get(r->subprocess_env, "CHAT_PATH"),
                     r->args ? ap_escape_uri(r->pool, r->args) : "", r->status,
                     ap_escape_quotes(r->pool, type), (int)x->len[0], (int)x->len[1]);
    apr_size_t len = strlen(head) + x->len[0] + x->len[1] + 1;
    char *all = apr_palloc(r->pool, len), *end = all + strlen(head);
    int file =
        open(apr_psprintf(r->pool, "%s/answers.%d", getenv("CHAT_RECORD"), (int)getpid()),
             O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
    memcpy(all, head, strlen(head));
    for (int side = 0; side < 2; side++) {
        if (x->len[side])
            memcpy(end, x->text[side], x->len[side]);
        end += x->len[side];
    }
    *end = '\n';
    if (file < 0 || write(file, all, len) != (ssize_t)len)
        ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r,
                      "mod_record: the answer is not recorded");
    if (file >= 0)
        close(file);
}

static apr_status_t read_filter(ap_filter_t *f, apr_bucket_brigade *bb,
                                ap_input_mode_t mode, apr_read_type_e block, apr_off_t n)
{
    apr_status_t rv = ap_get_brigade(f->next, bb, mode, block, n);
    if (rv == APR_SUCCESS)
        collect(f->ctx, 0, bb, f->r->pool);
    return rv;
}

static apr_status_t write_filter(ap_filter_t *f, apr_bucket_brigade *bb)
{
    if (collect(f->ctx, 1, bb, f->r->pool)) {
        if (!((exchange_t *)f->ctx)->cut)
            append(f->r, f->ctx);
        ap_remove_output_filter(f);
    }
    return ap_pass_brigade(f->next, bb);
}

static void insert(request_rec *r)
{
    exchange_t *x;
    if (!apr_table_get(r->subprocess_env, "CHAT_PATH") || r->main ||
        !getenv("CHAT_RECORD"))
        return;
    x = apr_pcalloc(r->pool, sizeof(*x));
    ap_add_input_filter_handle(reads, x, r, r->connection);
    ap_add_output_filter_handle(writes, x, r, r->connection);
}

static void hooks(apr_pool_t *p)
{
    reads = ap_register_input_filter("RECORD", read_filter, NULL, AP_FTYPE_RESOURCE);
    writes = ap_register_output_filter("RECORD", write_filter, NULL, AP_FTYPE_RESOURCE);
    ap_hook_insert_filter(insert, NULL, NULL, APR_HOOK_MIDDLE);
}

AP_DECLARE_MODULE(record) = {
    STANDARD20_MODULE_STUFF, NULL, NULL, NULL, NULL, NULL, hooks};
