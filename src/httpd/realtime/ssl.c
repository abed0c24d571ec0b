/* SPDX-License-Identifier: Apache-2.0 */
/* Follows the keys of mod_ssl's connections and takes them out. */
#include "httpd/realtime/ssl.h"

#include "httpd/realtime/context.h"
#include "httpd/realtime/ssl_check.h"
#include "httpd/realtime/ssl_keys.h"

#include <httpd.h>
#include <apr_optional_hooks.h>
#include <apr_strings.h>
#include <http_config.h>
#include <http_main.h>
#include <http_protocol.h>
#include <sodium.h>

#define CONN "mod_chat-ssl"
#define INDEX "mod_chat-ssl-index"
#define STOP "CHAT_SSL_STOP"
#define SSL_FILTER "SSL/TLS Filter"

static chat_ssl_conn_t *conn_of(const conn_rec *c)
{
    void *conn = NULL;
    if (chat_ssl_owner(ap_server_conf))
        apr_pool_userdata_get(&conn, CONN, c->pool);
    return conn;
}

static apr_status_t wipe_at_end(void *baton)
{
    chat_ssl_keys_wipe(baton);
    return APR_SUCCESS;
}

/* ---- mod_ssl's hooks ---- */

/* One for the life of the process: OpenSSL takes none back. */
static int index_of(const chat_ssl_api_t *api, apr_pool_t *pool)
{
    int *kept = NULL;
    apr_pool_userdata_get((void **)&kept, INDEX, pool);
    if (!kept) {
        kept = apr_palloc(pool, sizeof(*kept));
        *kept =
            api->CRYPTO_get_ex_new_index(CRYPTO_EX_INDEX_SSL, 0, NULL, NULL, NULL, NULL);
        apr_pool_userdata_set(kept, INDEX, NULL, pool);
    }
    return *kept;
}

static chat_ssl_t *create(server_rec *s, apr_pool_t *pconf)
{
    chat_ssl_t *ssl = apr_pcalloc(pconf, sizeof(*ssl));
    ssl->why = chat_ssl_api_load(&ssl->api, pconf);
    if (ssl->why)
        return ssl;
    ssl->index = index_of(&ssl->api, s->process->pool);
    if (ssl->index < 0)
        ssl->why = "OpenSSL has no room for data of ours";
    return ssl;
}

static int init_server(server_rec *s, apr_pool_t *pconf, int is_proxy, SSL_CTX *ctx)
{
    chat_server_conf_t *conf = chat_config_server(s);
    chat_generation_t *gen = conf->generation;
    chat_host_t *host = conf->host;
    chat_ssl_t *ssl;
    void (*keylog)(const SSL *, const char *);
    if (is_proxy || !host || !gen->daemon ||
        (host->way != CHAT_WAY_AUTO && host->way != CHAT_WAY_HANDOVER))
        return OK;
    ssl = gen->ssl;
    if (!ssl) {
        ssl = gen->ssl = create(s, pconf);
        if (!ssl->why)
            chat_ssl_check(ssl);
        if (!ssl->why)
            ssl->keylog = ssl->api.SSL_CTX_get_keylog_callback(ctx);
    }
    if (ssl->why)
        return OK;
    keylog = ssl->api.SSL_CTX_get_keylog_callback(ctx);
    /* a host may be asked for two kinds of certificates: it is one context */
    if (keylog != chat_ssl_keylog && keylog != ssl->keylog)
        return OK;
    ssl->api.SSL_CTX_set_keylog_callback(ctx, chat_ssl_keylog);
    host->tls = 1;
    return OK;
}

/* The host is known during the handshake only, and the message callback must be there
 * before it (OpenSSL 3.2 looks when it makes its record layer). */
static int pre_handshake(conn_rec *c, SSL *ssl, int is_proxy)
{
    const chat_ssl_t *owner = chat_ssl_owner(ap_server_conf);
    chat_ssl_conn_t *conn;
    if (is_proxy || !owner || owner->why)
        return OK;
    conn = apr_pcalloc(c->pool, sizeof(*conn));
    chat_ssl_watch(conn, owner, ssl);
    apr_pool_userdata_setn(conn, CONN, NULL, c->pool);
    apr_pool_cleanup_register(c->pool, conn, wipe_at_end, apr_pool_cleanup_null);
    return OK;
}

/* The first request was not handed over. */
static int log_transaction(request_rec *r)
{
    chat_ssl_conn_t *conn = r->connection->master ? NULL : conn_of(r->connection);
    if (conn)
        chat_ssl_keys_wipe(conn);
    return DECLINED;
}

/* Between mod_ssl and what is below: OpenSSL gets no new record. */
static apr_status_t stop_filter(ap_filter_t *f, apr_bucket_brigade *bb,
                                ap_input_mode_t mode, apr_read_type_e block,
                                apr_off_t size)
{
    (void)f;
    (void)bb;
    (void)mode;
    (void)block;
    (void)size;
    return APR_EAGAIN;
}

void chat_ssl_register(void)
{
    apr_optional_hook_add("init_server", (void (*)(void))init_server, NULL, NULL,
                          APR_HOOK_MIDDLE);
    apr_optional_hook_add("pre_handshake", (void (*)(void))pre_handshake, NULL, NULL,
                          APR_HOOK_MIDDLE);
    ap_hook_log_transaction(log_transaction, NULL, NULL, APR_HOOK_MIDDLE);
    /* mod_ssl's is CONNECTION + 5, mod_reqtimeout's CONNECTION + 8. */
    ap_register_input_filter(STOP, stop_filter, NULL, AP_FTYPE_CONNECTION + 6);
}

unsigned chat_ssl_suite(request_rec *r)
{
    conn_rec *c = r->connection;
    const chat_ssl_conn_t *conn = c->master ? NULL : conn_of(c);
    int suite =
        conn && !c->keepalives && !c->clogging_input_filters ? chat_ssl_fit(conn) : -1;
    return suite < 0 ? 0 : 1u << suite;
}

/* ---- handover ---- */

static ap_filter_t *below_ssl(const conn_rec *c)
{
    ap_filter_t *f = c->input_filters;
    while (f && strcasecmp(f->frec->name, SSL_FILTER))
        f = f->next;
    return f ? f->next : NULL;
}

/* Whether OpenSSL holds no part of a record. */
static int is_between_records(const chat_ssl_conn_t *conn)
{
    const chat_ssl_api_t *api = &conn->owner->api;
    return !api->SSL_has_pending(conn->ssl) &&
           api->SSL_rstate_string(conn->ssl)[1] == 'H';
}

apr_status_t chat_ssl_take(chat_buffer_t *out, request_rec *r)
{
    conn_rec *c = r->connection;
    const chat_ssl_conn_t *conn = conn_of(c);
    ap_filter_t *stop = ap_add_input_filter(STOP, NULL, NULL, c), *raw;
    chat_tls_keys_t keys;
    apr_size_t before;
    apr_status_t rv = chat_context_drain(out, c->input_filters, r);
    ap_remove_input_filter(stop);
    raw = below_ssl(c);
    if (rv != APR_SUCCESS || !raw || !is_between_records(conn))
        return APR_EGENERAL;
    before = out->len;
    rv = chat_context_drain(out, raw, r);
    if (rv != APR_SUCCESS || !chat_ssl_keys(&keys, conn))
        return APR_EGENERAL;
    keys.raw_len = (uint32_t)(out->len - before);
    chat_buffer_add(out, &keys, sizeof(keys));
    sodium_memzero(&keys, sizeof(keys));
    return out->overflow ? APR_EGENERAL : APR_SUCCESS;
}

void chat_ssl_wipe(chat_buffer_t *out)
{
    sodium_memzero(out->data + out->len - sizeof(chat_tls_keys_t),
                   sizeof(chat_tls_keys_t));
}

/* Without the state of an orderly shutdown SSL_free would take the session for a bad one
 * and remove it from the cache. */
void chat_ssl_forget(request_rec *r)
{
    chat_ssl_conn_t *conn = conn_of(r->connection);
    const chat_ssl_api_t *api = &conn->owner->api;
    api->SSL_set_quiet_shutdown(conn->ssl, 1);
    api->SSL_set_shutdown(conn->ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    api->SSL_set_msg_callback(conn->ssl, NULL);
    chat_ssl_keys_wipe(conn);
}
