/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/realtime/filters.h"

#define KEY "mod_chat-brigade"

void chat_filters_flush(request_rec *r)
{
    conn_rec *c = r->connection;
    apr_bucket_brigade *bb = apr_brigade_create(r->pool, c->bucket_alloc);
    APR_BRIGADE_INSERT_TAIL(bb, apr_bucket_flush_create(c->bucket_alloc));
    ap_pass_brigade(c->output_filters, bb);
    apr_brigade_destroy(bb);
}

apr_bucket_brigade *chat_filters_brigade(conn_rec *c)
{
    void *bb = NULL;
    apr_pool_userdata_get(&bb, KEY, c->pool);
    if (!bb) {
        bb = apr_brigade_create(c->pool, c->bucket_alloc);
        apr_pool_userdata_setn(bb, KEY, NULL, c->pool);
    }
    return bb;
}
