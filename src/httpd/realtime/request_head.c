/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/realtime/request_head.h"

#include <httpd.h>
#include <apr_strings.h>
#include <http_core.h>
#include <http_protocol.h>

/* Of one connection, not of the request, or said anew. */
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
        "X-Chat-Client",
        "Transfer-Encoding",
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

int chat_request_head_websocket(const request_rec *r)
{
    const char *upgrade = apr_table_get(r->headers_in, "Upgrade");
    const char *connection = apr_table_get(r->headers_in, "Connection");
    return r->method_number == M_GET && !r->header_only &&
           r->proto_num == HTTP_VERSION(1, 1) && !r->connection->master && upgrade &&
           connection && ap_find_token(r->pool, upgrade, "websocket") &&
           ap_find_token(r->pool, connection, "upgrade");
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
