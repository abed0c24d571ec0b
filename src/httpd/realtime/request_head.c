/* SPDX-License-Identifier: Apache-2.0 */
/* A request's head, judged and written out again for chatd. */
#include "httpd/realtime/request_head.h"

#include <httpd.h>
#include <apr_strings.h>
#include <http_core.h>
#include <http_protocol.h>

/* Headers of one connection, not of the request, and headers that are written here. */
static int dropped(const char *name)
{
    static const char *const names[] = {
        "Connection",
        "Content-Length",
        "Expect",
        "HTTP2-Settings",
        "Keep-Alive",
        "Proxy-Connection",
        "TE",
        "Trailer",
        "Upgrade",
        "Transfer-Encoding",
        "X-Chat-Client",
    };
    for (apr_size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        if (!strcasecmp(names[i], name))
            return 1;
    }
    return 0;
}

static int add_header(void *baton, const char *name, const char *value)
{
    chat_buffer_t *out = baton;
    if (!dropped(name)) {
        chat_buffer_puts(out, name);
        chat_buffer_puts(out, ": ");
        chat_buffer_puts(out, value);
        chat_buffer_puts(out, "\r\n");
    }
    return 1;
}

static int lists(request_rec *r, const char *header, const char *token)
{
    const char *value = apr_table_get(r->headers_in, header);
    return value && ap_find_token(r->pool, value, token);
}

int chat_request_head_websocket(request_rec *r)
{
    return r->method_number == M_GET && !r->header_only &&
           r->proto_num == HTTP_VERSION(1, 1) && !r->connection->master &&
           !ap_request_has_body(r) && lists(r, "Upgrade", "websocket") &&
           lists(r, "Connection", "upgrade");
}

/* 16 bytes in base64: the last character carries four of their bits. */
static int is_key(const char *key)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                 "0123456789+/";
    return key && strspn(key, digits) == 22 && !strcmp(key + 22, "==") &&
           strchr("AQgw", key[21]);
}

int chat_request_head_mistake(request_rec *r)
{
    const char *version = apr_table_get(r->headers_in, "Sec-WebSocket-Version");
    if (!version || strcmp(version, "13") != 0) {
        apr_table_setn(r->headers_out, "Sec-WebSocket-Version", "13");
        return HTTP_UPGRADE_REQUIRED;
    }
    return is_key(apr_table_get(r->headers_in, "Sec-WebSocket-Key")) ? 0
                                                                     : HTTP_BAD_REQUEST;
}

void chat_request_head_write(chat_buffer_t *out, request_rec *r, apr_size_t body)
{
    const char *name = r->hostname ? r->hostname : ap_get_server_name(r);
    chat_buffer_puts(out, r->method);
    chat_buffer_byte(out, ' ');
    chat_buffer_puts(out, ap_os_escape_path(r->pool, r->uri, 1));
    if (r->args) {
        chat_buffer_byte(out, '?');
        chat_buffer_puts(out, r->args);
    }
    chat_buffer_puts(out, " HTTP/1.1\r\n");
    if (!apr_table_get(r->headers_in, "Host"))
        add_header(out, "Host", name);
    apr_table_do(add_header, out, r->headers_in, NULL);
    if (chat_request_head_websocket(r)) {
        chat_buffer_puts(out, "Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
        return;
    }
    if (body) {
        chat_buffer_puts(out, "Content-Length: ");
        chat_buffer_int(out, (apr_int64_t)body);
        chat_buffer_puts(out, "\r\n");
    }
    chat_buffer_puts(out, "Connection: close\r\n\r\n");
}
