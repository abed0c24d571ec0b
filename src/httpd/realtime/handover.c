/* SPDX-License-Identifier: Apache-2.0 */
/* The client's own socket goes to chatd. */
#include "httpd/realtime/handover.h"

#include "httpd/realtime/context.h"
#include "httpd/realtime/request_head.h"
#include "httpd/realtime/ssl.h"
#include "httpd/request/respond.h"

#include <httpd.h>
#include <apr_portable.h>
#include <errno.h>
#include <fcntl.h>
#include <http_core.h>
#include <http_protocol.h>
#include <http_ssl.h>
#include <poll.h>
#include <unistd.h>

int chat_handover_possible(request_rec *r)
{
    return !r->connection->master && !ap_ssl_conn_is_ssl(r->connection) &&
           !ap_request_has_body(r);
}

int chat_handover_tls_possible(request_rec *r)
{
    chat_daemon_link_t *link = chat_context_of(r)->link;
    unsigned suite = chat_request_head_websocket(r) ? chat_ssl_suite(r) : 0;
    int offered = suite ? chat_daemon_link_suites(link, 0) : 0, place;
    /* a daemon that starts has yet to say what it takes */
    if (offered < 0 && (place = chat_context_enter(r)) >= 0) {
        offered = chat_daemon_link_suites(link, CHAT_LIMIT_WAIT_MS);
        chat_context_leave(r, place);
    }
    return offered > 0 && suite & (unsigned)offered;
}

/* For httpd the connection has broken: it logs the request and closes its descriptor
 * without a shutdown. chatd's is another one for the same socket. */
static int forget(request_rec *r, int status)
{
    r->status = status;
    r->connection->keepalive = AP_CONN_CLOSE;
    r->connection->aborted = 1;
    return DONE;
}

/* The status that chatd writes to REPORT: 503 when it closes REPORT without one; the
 * usual status when there is no report or chatd is slow. */
static int status_of(request_rec *r, int report)
{
    struct pollfd poller = {.fd = report, .events = POLLIN};
    uint16_t status;
    if (report < 0 || poll(&poller, 1, CHAT_LIMIT_WAIT_MS) <= 0)
        return chat_request_head_websocket(r) ? HTTP_SWITCHING_PROTOCOLS : HTTP_OK;
    return read(report, &status, sizeof(status)) == sizeof(status)
               ? status
               : HTTP_SERVICE_UNAVAILABLE;
}

/* Sends MESSAGE of KIND with the client's socket, and with a report when the thread has a
 * PLACE to wait for it. */
static int hand(request_rec *r, chat_intake_kind_t kind, const chat_buffer_t *message,
                int place)
{
    int report[2] = {-1, -1}, fds[2], status;
    apr_os_sock_t fd = -1;
    chat_intake_t head;
    apr_status_t rv;
    if (place >= 0 && pipe2(report, O_CLOEXEC | O_NONBLOCK) != 0)
        return chat_context_lost(r, errno);
    chat_context_head(&head, r, kind);
    head.len = (uint32_t)message->len;
    rv = apr_os_sock_get(&fd, ap_get_conn_socket(r->connection));
    fds[0] = fd;
    fds[1] = report[1];
    if (rv == APR_SUCCESS)
        rv = chat_context_send(r, &head, message->data, fds, place >= 0);
    if (report[1] >= 0)
        close(report[1]);
    status = rv == APR_SUCCESS ? status_of(r, report[0]) : 0;
    if (rv == APR_SUCCESS && kind == CHAT_INTAKE_TLS)
        chat_ssl_forget(r);
    if (report[0] >= 0)
        close(report[0]);
    return rv == APR_SUCCESS ? forget(r, status) : chat_context_lost(r, rv);
}

static int send_all(request_rec *r, chat_intake_kind_t kind, const chat_buffer_t *message)
{
    int place = chat_context_enter(r), rc = hand(r, kind, message, place);
    if (place >= 0)
        chat_context_leave(r, place);
    return rc;
}

static void begin(chat_buffer_t *message, request_rec *r)
{
    chat_respond_flush(r);
    chat_buffer_init(message, 2048, CHAT_INTAKE_MAX, r->pool);
    chat_request_head_write(message, r, 0);
}

int chat_handover(request_rec *r)
{
    chat_buffer_t message;
    apr_status_t rv;
    begin(&message, r);
    rv = chat_context_drain(&message, r->connection->input_filters, r);
    if (rv != APR_SUCCESS || message.overflow)
        return chat_context_refuse(r, HTTP_REQUEST_ENTITY_TOO_LARGE,
                                   "The request is too large");
    return send_all(r, CHAT_INTAKE_SOCKET, &message);
}

int chat_handover_tls(request_rec *r)
{
    chat_buffer_t message;
    int rc;
    /* what is read from now on is not put back */
    r->connection->keepalive = AP_CONN_CLOSE;
    begin(&message, r);
    if (chat_ssl_take(&message, r) != APR_SUCCESS)
        return chat_context_lost(r, APR_EGENERAL);
    rc = send_all(r, CHAT_INTAKE_TLS, &message);
    chat_ssl_wipe(&message);
    return rc;
}
