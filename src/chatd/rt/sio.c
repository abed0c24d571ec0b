/* SPDX-License-Identifier: Apache-2.0 */
/* Socket.IO clients: namespaces, packets with attachments, time-outs. */
#include "chatd/rt/sio.h"

#include "base/bounds.h"
#include "chatd/rt/sio_private.h"

#include <stdlib.h>
#include <string.h>

static void on_open(void *app, rt_session *session);
static void on_message(void *app, rt_session *session, int binary, uint8_t *bytes,
                       size_t len);
static void on_closed(void *app, rt_session *session, const rt_session_end *end);

static const rt_eio_ops eio_ops = {on_open, on_message, on_closed};

static void fill(unsigned *value, unsigned standard)
{
    if (!*value)
        *value = standard;
}

rt_sio *rt_sio_create(rt_server *server, const rt_sio_config *config)
{
    rt_sio *sio = rt_alloc(sizeof(*sio));
    rt_eio_config eio = config->eio;
    eio.ops = &eio_ops;
    eio.app = sio;
    sio->config = *config;
    sio->loop = rt_server_loop(server);
    sio->eio = rt_eio_create(server, &eio);
    rt_list_init(&sio->spaces);
    fill(&sio->config.eio.max_payload, 1000000);
    fill(&sio->config.eio.stranger_payload, 16384);
    fill(&sio->config.connect_timeout, 45000);
    fill(&sio->config.attachments_max, 10);
    fill(&sio->config.spaces_max, 16);
    fill(&sio->config.connects_max, 64);
    return sio;
}

rt_endpoint *rt_sio_endpoint(rt_sio *sio)
{
    return rt_eio_endpoint(sio->eio);
}

void rt_sio_shutdown(rt_sio *sio)
{
    rt_eio_shutdown(sio->eio);
}

void rt_sio_destroy(rt_sio *sio)
{
    if (!sio)
        return;
    rt_eio_destroy(sio->eio);
    while (!rt_list_empty(&sio->spaces)) {
        rt_space *space = rt_container(sio->spaces.next, rt_space, link);
        rt_list_remove(&space->link);
        free(space);
    }
    free(sio);
}

const rt_eio_stats *rt_sio_counts(const rt_sio *sio)
{
    return rt_eio_counts(sio->eio);
}

rt_space *rt_space_create(rt_sio *sio, const char *name, const rt_space_ops *ops)
{
    rt_space *space = rt_alloc(sizeof(*space));
    size_t len = strlen(name);
    if (len > RT_NAMESPACE_MAX)
        abort();
    memcpy(space->name, name, len);
    space->sio = sio;
    space->ops = ops;
    rt_list_append(&sio->spaces, &space->link);
    return space;
}

static void refuse_space(rt_party *p, const char *name)
{
    rt_message_out out = {.type = RT_MESSAGE_CONNECT_ERROR, .space = name};
    out.raw = rt_session_revision(p->session) == 3
                  ? "\"Invalid namespace\""
                  : "{\"message\":\"Invalid namespace\"}";
    party_send(p, &out);
}

static rt_space *find_space(const rt_sio *sio, const char *name)
{
    rt_list *at;
    for (at = sio->spaces.next; at != &sio->spaces; at = at->next) {
        rt_space *space = rt_container(at, rt_space, link);
        if (strcmp(space->name, name) == 0)
            return space;
    }
    return NULL;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The form encoding of query strings: %XX, and '+' for a space. */
static size_t decode_query(char *text, size_t len)
{
    size_t from = 0, to = 0;
    while (from < len) {
        int high = text[from] == '%' && len - from > 2 ? hex_digit(text[from + 1]) : -1;
        int low = high >= 0 ? hex_digit(text[from + 2]) : -1;
        if (low >= 0) {
            text[to++] = (char)(high * 16 + low);
            from += 3;
        }
        else {
            text[to++] = text[from] == '+' ? ' ' : text[from];
            from++;
        }
    }
    return to;
}

static void add_parameter(json_t *auth, const char *at, const char *end)
{
    const char *mark = memchr(at, '=', (size_t)(end - at));
    const char *stop = mark ? mark : end;
    char *key = rt_strndup(at, (size_t)(stop - at));
    char *value = rt_strndup(mark ? mark + 1 : end, mark ? (size_t)(end - mark - 1) : 0);
    size_t key_len = decode_query(key, (size_t)(stop - at));
    size_t value_len = decode_query(value, strlen(value));
    key[key_len] = '\0';
    /* jansson refuses what is not UTF-8: such a parameter does not count */
    if (key_len && strlen(key) == key_len)
        json_object_set_new(auth, key, json_stringn(value, value_len));
    free(key);
    free(value);
}

/* Clients of revision 3 send their credentials in a query string after the namespace.
 * What stands behind the last parameter that is let in does not count. */
static json_t *query_object(const char *query)
{
    json_t *auth = json_object();
    for (int n = 0; query && *query && n < CHAT_FORM_FIELDS; n++) {
        const char *end = strchr(query, '&');
        const char *stop = end ? end : query + strlen(query);
        add_parameter(auth, query, stop);
        query = end ? end + 1 : NULL;
    }
    return auth;
}

static void connect_space(rt_party *p, const char *name, json_t *auth)
{
    rt_sio *sio = p->sio;
    rt_space *space = find_space(sio, name);
    if (++p->connects > sio->config.connects_max ||
        p->socket_count >= sio->config.spaces_max)
        party_close(p, RT_REASON_LIMIT);
    else if (!space)
        refuse_space(p, name);
    else {
        rt_socket *socket = socket_create(p, space);
        space->ops->connect(sio->config.app, socket, auth);
    }
}

static void on_open(void *app, rt_session *session)
{
    rt_party *p = rt_alloc(sizeof(*p));
    p->sio = app;
    p->session = session;
    p->opened = rt_loop_now(p->sio->loop);
    rt_list_init(&p->sockets);
    rt_session_set_user(session, p);
    party_await(p);
    if (rt_session_revision(session) == 3) {
        json_t *auth = json_object();
        connect_space(p, "/", auth);
        json_decref(auth);
    }
}

static void drop_assembly(rt_party *p)
{
    rt_assembly *a = p->assembly;
    if (!a)
        return;
    p->assembly = NULL;
    for (unsigned i = 0; i < a->have; i++)
        free((void *)a->blobs[i].bytes);
    free(a->text);
    free(a);
}

static rt_socket *find_socket(const rt_party *p, const char *name)
{
    rt_list *at;
    for (at = p->sockets.next; at != &p->sockets; at = at->next) {
        rt_socket *socket = rt_container(at, rt_socket, in_party);
        if (socket->state != SOCKET_CLOSED && strcmp(socket->space->name, name) == 0)
            return socket;
    }
    return NULL;
}

static void on_connect(rt_party *p, rt_message_in *m)
{
    json_t *auth = NULL;
    if (rt_session_revision(p->session) == 3 || !m->data)
        auth = query_object(m->query);
    else
        auth = json_incref(m->data);
    connect_space(p, m->space, auth);
    json_decref(auth);
}

static void dispatch(rt_party *p, rt_message_in *m, rt_blobs blobs)
{
    rt_socket *socket = find_socket(p, m->space);
    if (!socket && m->type == RT_MESSAGE_CONNECT)
        on_connect(p, m);
    else if (!socket || m->type == RT_MESSAGE_CONNECT ||
             m->type == RT_MESSAGE_CONNECT_ERROR)
        party_close(p, RT_REASON_PARSE);
    else if (m->type == RT_MESSAGE_DISCONNECT)
        socket_end(socket, RT_REASON_LEFT);
    else if (socket->state != SOCKET_CONNECTED)
        party_close(p, RT_REASON_PARSE);
    else if (m->type == RT_MESSAGE_EVENT || m->type == RT_MESSAGE_BINARY_EVENT)
        socket_event(socket, m, blobs);
    /* An answer that was never asked for is ignored, as in the reference server. */
}

static void assemble(rt_party *p, const char *text, size_t len, unsigned attachments)
{
    rt_assembly *a = rt_alloc(sizeof(*a) + attachments * sizeof(*a->blobs));
    a->text = rt_strndup(text, len);
    a->len = a->bytes = len;
    a->wanted = attachments;
    p->assembly = a;
    rt_session_keep(p->session, a->bytes);
}

static void on_text(rt_party *p, const char *text, size_t len)
{
    rt_message_in message;
    if (p->assembly ||
        !rt_message_decode(text, len, p->sio->config.attachments_max, &message)) {
        party_close(p, RT_REASON_PARSE);
        return;
    }
    if (message.attachments)
        assemble(p, text, len, message.attachments);
    else
        dispatch(p, &message, (rt_blobs){NULL, 0});
    rt_message_clear(&message);
}

/* All is there: the text is read again. */
static void complete(rt_party *p)
{
    rt_assembly *a = p->assembly;
    rt_message_in message;
    if (rt_message_decode(a->text, a->len, p->sio->config.attachments_max, &message)) {
        dispatch(p, &message, (rt_blobs){a->blobs, a->have});
        rt_message_clear(&message);
    }
    drop_assembly(p);
    rt_session_keep(p->session, 0);
}

static void on_binary(rt_party *p, const uint8_t *bytes, size_t len)
{
    const rt_eio_config *config = &p->sio->config.eio;
    rt_assembly *a = p->assembly;
    if (!a) {
        party_close(p, RT_REASON_PARSE);
        return;
    }
    a->bytes += len;
    if (a->bytes > (p->trusted ? config->max_payload : config->stranger_payload)) {
        party_close(p, RT_REASON_TOO_LARGE);
        return;
    }
    a->blobs[a->have].bytes = (uint8_t *)rt_strndup((const char *)bytes, len);
    a->blobs[a->have++].len = len;
    if (a->have == a->wanted)
        complete(p);
    else
        rt_session_keep(p->session, a->bytes);
}

static void on_message(void *app, rt_session *session, int binary, uint8_t *bytes,
                       size_t len)
{
    rt_party *p = rt_session_user(session);
    (void)app;
    if (binary)
        on_binary(p, bytes, len);
    else
        on_text(p, (const char *)bytes, len);
}

static void on_closed(void *app, rt_session *session, const rt_session_end *end)
{
    rt_sio *sio = app;
    rt_party *p = rt_session_user(session);
    rt_timer_clear(&p->timer);
    while (!rt_list_empty(&p->sockets)) {
        rt_socket *socket = rt_container(p->sockets.next, rt_socket, in_party);
        if (socket->state != SOCKET_CLOSED)
            socket->reason = (uint8_t)end->reason;
        socket_release(socket);
    }
    drop_assembly(p);
    if (sio->config.ended)
        sio->config.ended(sio->config.app, rt_session_client(session), end);
    free(p);
}
