/* SPDX-License-Identifier: Apache-2.0 */
/* Events as clients get them: documented keys only, more for clients that asked. */
#include "base/clock.h"
#include "chatd/chatd.h"
#include "render/writer.h"

#include <apr_strings.h>

#define EVENT_MAX ((apr_size_t)64 << 20)

typedef struct event_t {
    chat_buffer_t out;
    chat_writer_t w;
} event_t;

static void begin(event_t *e, const char *name, apr_pool_t *pool)
{
    chat_buffer_init(&e->out, 512, EVENT_MAX, pool);
    chat_writer_json(&e->w, &e->out, 0);
    chat_write_array(&e->w);
    chat_write_string(&e->w, name);
}

static const char *end(event_t *e, const char *offset)
{
    if (offset)
        chat_write_string(&e->w, offset);
    chat_write_end(&e->w);
    return chat_buffer_text(&e->out);
}

static const char *offset_of(const chat_followed_t *f, int variant, apr_pool_t *pool)
{
    if (!(variant & CHATD_RECOVER))
        return NULL;
    return apr_psprintf(pool, "%" APR_INT64_T_FMT, CHAT_ROW_NUMBER(f->event.id));
}

static void write_body(event_t *e, const chat_followed_t *f)
{
    chat_write_member(&e->w, "sender", f->author_name);
    chat_write_key(&e->w, "message");
    chat_write_bytes(&e->w, f->body, f->body_len);
}

static void write_time(event_t *e, const chat_followed_t *f)
{
    char time[CHAT_ISO_SIZE];
    chat_clock_iso(time, f->event.created);
    chat_write_member(&e->w, "timestamp", time);
}

static void write_id(event_t *e, const chat_followed_t *f)
{
    chat_write_member_int(&e->w, "message_id", CHAT_ROW_NUMBER(f->event.id));
}

static void write_said(event_t *e, const chat_followed_t *f, int ids)
{
    write_body(e, f);
    chat_write_member(&e->w, "channel", f->channel_name);
    write_time(e, f);
    if (!ids)
        return;
    write_id(e, f);
    chat_write_member_int(&e->w, "channel_id", f->event.channel);
}

static void write_direct(event_t *e, const chat_followed_t *f, const char *recipient,
                         int ids)
{
    write_body(e, f);
    chat_write_member(&e->w, "recipient", recipient);
    if (!ids)
        return;
    write_id(e, f);
    write_time(e, f);
}

static void write_deleted(event_t *e, const chat_followed_t *f)
{
    chat_write_member_int(&e->w, "message_id", CHAT_ROW_NUMBER(f->event.subject));
    if (!f->event.channel)
        return;
    chat_write_member(&e->w, "channel", f->channel_name ? f->channel_name : "");
    chat_write_member_int(&e->w, "channel_id", f->event.channel);
}

static const char *render_message(const chat_followed_t *f, int variant,
                                  const char *recipient, apr_pool_t *pool)
{
    int ids = variant & CHATD_IDS;
    int announced = f->kind == CHAT_MESSAGE_ANNOUNCEMENT;
    event_t e;
    if (!f->kind || !f->body || (announced && !ids))
        return NULL;
    begin(&e,
          announced          ? "announcement"
          : f->event.channel ? "new_message"
                             : "new_dm",
          pool);
    chat_write_object(&e.w);
    if (announced) {
        write_body(&e, f);
        write_id(&e, f);
        write_time(&e, f);
    }
    else if (f->event.channel) {
        write_said(&e, f, ids);
    }
    else {
        write_direct(&e, f, recipient, ids);
    }
    chat_write_end(&e.w);
    return end(&e, offset_of(f, variant, pool));
}

const char *chatd_render(const chat_followed_t *f, int variant, const char *recipient,
                         apr_pool_t *pool)
{
    event_t e;
    if (f->event.kind == CHAT_EVENT_MESSAGE)
        return render_message(f, variant, recipient, pool);
    if (f->event.kind != CHAT_EVENT_MESSAGE_DELETED || !(variant & CHATD_IDS))
        return NULL;
    begin(&e, "message_deleted", pool);
    chat_write_object(&e.w);
    write_deleted(&e, f);
    chat_write_end(&e.w);
    return end(&e, offset_of(f, variant, pool));
}

const char *chatd_render_channel(const char *event, const char *name, apr_int64_t id,
                                 const char *offset, apr_pool_t *pool)
{
    event_t e;
    begin(&e, event, pool);
    chat_write_object(&e.w);
    chat_write_member(&e.w, "channel_name", name);
    chat_write_member_int(&e.w, "channel_id", id);
    chat_write_end(&e.w);
    return end(&e, offset);
}

const char *chatd_render_text(const char *event, const char *text, const char *offset,
                              apr_pool_t *pool)
{
    event_t e;
    begin(&e, event, pool);
    chat_write_string(&e.w, text);
    return end(&e, offset);
}

const char *chatd_render_error(const char *text, apr_pool_t *pool)
{
    event_t e;
    begin(&e, "error", pool);
    chat_write_object(&e.w);
    chat_write_member(&e.w, "message", text);
    chat_write_end(&e.w);
    return end(&e, NULL);
}

void chatd_send(chatd_user_t *user, const char *json)
{
    rt_message *m = rt_space_event_raw(user->site->space, json);
    rt_socket_send(user->socket, m);
    rt_message_unref(m);
}
