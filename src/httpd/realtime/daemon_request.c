/* SPDX-License-Identifier: Apache-2.0 */
/* A request brought to chatd through a socketpair. */
#include "httpd/realtime/daemon_request.h"

#include "httpd/realtime/context.h"
#include "httpd/realtime/request_head.h"
#include "httpd/request/body.h"
#include "wire/link.h"

#include <errno.h>
#include <unistd.h>

/* Engine.IO's maxPayload and its framing. */
#define BODY_MAX (1024 * 1024)

/* What does not fit into one message follows through the socketpair. chatd may answer and
 * close before it has read all. */
static apr_status_t send_request(request_rec *r, const int pair[2],
                                 const chat_buffer_t *all, int held)
{
    apr_size_t first = all->len < CHAT_INTAKE_MAX ? all->len : CHAT_INTAKE_MAX;
    chat_realtime_t *realtime = chat_context_of(r);
    chat_intake_t head;
    apr_status_t rv;
    chat_context_head(&head, r, CHAT_INTAKE_STREAM);
    head.len = (uint32_t)first;
    rv = chat_context_send(r, &head, all->data, (const int[]){pair[1], -1}, held);
    if (rv == APR_SUCCESS)
        rv = chat_wire_write(pair[0], all->data + first, all->len - first,
                             CHAT_LIMIT_WAIT_MS);
    /* A child that is about to end has asked before. */
    if (__atomic_load_n(&realtime->retiring, __ATOMIC_RELAXED))
        chat_context_retire(realtime);
    return rv == EPIPE ? APR_SUCCESS : rv;
}

static int refuse_body(request_rec *r, const chat_problem_t *problem)
{
    return problem->code == CHAT_P_TOO_LARGE
               ? chat_context_refuse(r, HTTP_REQUEST_ENTITY_TOO_LARGE,
                                     "The body is too large")
               : chat_context_refuse(r, HTTP_BAD_REQUEST, "The body is not complete");
}

int chat_daemon_request_open(int *fd, request_rec *r, int held)
{
    chat_problem_t problem;
    chat_buffer_t all;
    const char *body;
    apr_size_t len;
    int pair[2];
    apr_status_t rv = chat_body_read(&body, &len, &problem, r, BODY_MAX);
    *fd = -1;
    if (rv != APR_SUCCESS)
        return refuse_body(r, &problem);
    chat_buffer_init(&all, 2048, CHAT_INTAKE_MAX + BODY_MAX, r->pool);
    chat_request_head_write(&all, r, len);
    chat_buffer_add(&all, body, len);
    if (all.overflow)
        return chat_context_refuse(r, HTTP_REQUEST_ENTITY_TOO_LARGE,
                                   "The request is too large");
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) != 0)
        return chat_context_lost(r, errno);
    rv = send_request(r, pair, &all, held);
    close(pair[1]);
    if (rv == APR_SUCCESS) {
        *fd = pair[0];
        return OK;
    }
    close(pair[0]);
    return chat_context_lost(r, rv);
}
