/* SPDX-License-Identifier: Apache-2.0 */
/* Events as clients get them: documented keys only, more for clients that asked. */
#include "base/clock.h"
#include "base/text.h"
#include "chatd/chatd.h"
#include "core/messages.h"
#include "render/writer.h"

#include <apr_strings.h>
#include <string.h>

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

static void write_mentions(event_t *e, const chat_followed_t *f)
{
    const char *list = f->mentions, *name;
    apr_size_t len;
    chat_write_member_array(&e->w, "mentions");
    while ((name = chat_message_mention(&list, &len)))
        chat_write_bytes(&e->w, name, len);
    chat_write_end(&e->w);
}

static void write_edited(event_t *e, const chat_followed_t *f)
{
    char time[CHAT_ISO_SIZE];
    chat_clock_iso(time, f->edited);
    chat_write_member(&e->w, "edited_at", f->edited ? time : NULL);
}

/* What an extended message has besides its ids. */
static void write_more(event_t *e, const chat_followed_t *f)
{
    write_edited(e, f);
    chat_write_key(&e->w, "reply_to");
    if (f->reply_to)
        chat_write_int(&e->w, CHAT_ROW_NUMBER(f->reply_to));
    else
        chat_write_null(&e->w);
    write_mentions(e, f);
    chat_write_member_bool(&e->w, "system", f->kind == CHAT_MESSAGE_SYSTEM);
}

static void write_place(event_t *e, const chat_followed_t *f)
{
    if (!f->event.channel)
        return;
    chat_write_member(&e->w, "channel", f->channel_name ? f->channel_name : "");
    chat_write_member_int(&e->w, "channel_id", f->event.channel);
}

static void write_subject(event_t *e, const chat_followed_t *f)
{
    chat_write_member_int(&e->w, "message_id", CHAT_ROW_NUMBER(f->event.subject));
}

static void write_deleted(event_t *e, const chat_followed_t *f)
{
    write_subject(e, f);
    write_place(e, f);
}

/* With the text of now: several edits in a row end with the same one. */
static void write_edit(event_t *e, const chat_followed_t *f)
{
    write_subject(e, f);
    write_body(e, f);
    write_place(e, f);
    write_edited(e, f);
    write_mentions(e, f);
}

/* DETAIL is as in store/event.h. */
static void write_reaction(event_t *e, const chat_followed_t *f)
{
    const char *emoji = f->event.detail + 1;
    const char *end = strchr(emoji, ' '), *name = end ? strchr(end + 1, ' ') : NULL;
    write_subject(e, f);
    write_place(e, f);
    if (!name)
        return;
    chat_write_key(&e->w, "emoji");
    chat_write_bytes(&e->w, emoji, (apr_size_t)(end - emoji));
    chat_write_member_bool(&e->w, "on", f->event.detail[0] == '+');
    chat_write_member(&e->w, "username", name + 1);
    chat_write_member_int(&e->w, "count", apr_atoi64(end + 1));
}

static void write_read(event_t *e, const chat_followed_t *f)
{
    write_subject(e, f);
    write_place(e, f);
    if (f->event.detail)
        chat_write_member(&e->w, "username", f->event.detail);
}

/* Every recipient's name, as the author sees them. */
static const char *recipients_of(const chat_followed_t *f, apr_pool_t *pool)
{
    const char *list = f->recipients, *all = NULL, *name;
    apr_size_t len;
    while ((name = chat_message_recipient(&list, &len))) {
        name = apr_pstrmemdup(pool, name, len);
        all = all ? apr_pstrcat(pool, all, ", ", name, NULL) : name;
    }
    return all ? all : "";
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
        write_direct(&e, f, recipient ? recipient : recipients_of(f, pool), ids);
    }
    if (variant & CHATD_EXTENDED && !announced)
        write_more(&e, f);
    chat_write_end(&e.w);
    return end(&e, offset_of(f, variant, pool));
}

/* ---- acts of moderation ---- */

const char *chatd_channel_former(const chat_followed_t *f)
{
    return f->event.detail && *f->event.detail ? f->event.detail + 1 : f->channel_name;
}

int chatd_emergency_on(const chat_followed_t *f)
{
    return f->event.detail && !strncmp(f->event.detail, "on", 2);
}

static void write_change(event_t *e, const chat_followed_t *f)
{
    chat_write_member(&e->w, "channel", chatd_channel_former(f));
    chat_write_member_int(&e->w, "channel_id", f->event.channel);
    chat_write_member(&e->w, "new_name", f->channel_name);
    chat_write_member(&e->w, "description", f->description);
    chat_write_member_bool(&e->w, "public", f->channel_public);
    chat_write_member_int(&e->w, "slow_seconds", f->slow);
}

static void write_mute(event_t *e, const chat_followed_t *f)
{
    char time[CHAT_ISO_SIZE];
    apr_int64_t until = 0;
    int muted = strcmp(f->event.detail, "-") != 0;
    write_place(e, f);
    chat_write_member_bool(&e->w, "muted", muted);
    if (muted && chat_text_int64(&until, f->event.detail) && until)
        chat_clock_iso(time, apr_time_from_sec(until));
    chat_write_member(&e->w, "until", until ? time : NULL);
}

static void write_report(event_t *e, const chat_followed_t *f)
{
    chat_write_member_int(&e->w, "report_id", f->event.subject);
    if (f->event.kind == CHAT_EVENT_REPORT_CLOSED)
        chat_write_member(&e->w, "action", f->event.detail);
}

static void write_state(event_t *e, int on, const char *reason)
{
    chat_write_member_bool(&e->w, "on", on);
    chat_write_member(&e->w, "reason", reason);
}

static void write_emergency(event_t *e, const chat_followed_t *f)
{
    const char *reason = strchr(f->event.detail, ' ');
    write_state(e, chatd_emergency_on(f), reason ? reason + 1 : NULL);
}

/* The events besides new messages, and who gets them. */
static const struct {
    chat_event_kind_t kind;
    const char *name;
    int asked;
    void (*write)(event_t *e, const chat_followed_t *f);
} words[] = {
    {CHAT_EVENT_CHANNEL_CHANGED, "channel_changed", CHATD_EXTENDED, write_change},
    {CHAT_EVENT_MUTED, "muted", CHATD_EXTENDED, write_mute},
    {CHAT_EVENT_REPORT_CLOSED, "report_closed", CHATD_EXTENDED, write_report},
    {CHAT_EVENT_REPORTED, "reported", CHATD_EXTENDED, write_report},
    {CHAT_EVENT_EMERGENCY, "emergency", CHATD_EXTENDED, write_emergency},
    {CHAT_EVENT_MESSAGE_DELETED, "message_deleted", CHATD_IDS, write_deleted},
    {CHAT_EVENT_MESSAGE_EDITED, "message_edited", CHATD_EXTENDED, write_edit},
    {CHAT_EVENT_REACTION, "reaction", CHATD_EXTENDED, write_reaction},
    {CHAT_EVENT_READ, "read", CHATD_EXTENDED, write_read},
};

/* Whether what F tells is there, and is still so. */
static int is_current(const chat_followed_t *f)
{
    switch (f->event.kind) {
    case CHAT_EVENT_MESSAGE_EDITED:
        return f->kind && f->body && !f->deleted;
    case CHAT_EVENT_CHANNEL_CHANGED:
        return f->channel_name != NULL;
    case CHAT_EVENT_REACTION:
    case CHAT_EVENT_MUTED:
    case CHAT_EVENT_EMERGENCY:
        return f->event.detail && *f->event.detail;
    default:
        return 1;
    }
}

const char *chatd_render(const chat_followed_t *f, int variant, const char *recipient,
                         apr_pool_t *pool)
{
    event_t e;
    if (f->event.kind == CHAT_EVENT_MESSAGE)
        return render_message(f, variant, recipient, pool);
    for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
        if (words[i].kind != f->event.kind)
            continue;
        if (!(variant & words[i].asked) || !is_current(f))
            return NULL;
        begin(&e, words[i].name, pool);
        chat_write_object(&e.w);
        words[i].write(&e, f);
        chat_write_end(&e.w);
        return end(&e, offset_of(f, variant, pool));
    }
    return NULL;
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

const char *chatd_render_emergency(const char *reason, apr_pool_t *pool)
{
    event_t e;
    begin(&e, "emergency", pool);
    chat_write_object(&e.w);
    write_state(&e, 1, reason);
    chat_write_end(&e.w);
    return end(&e, NULL);
}

const char *chatd_render_presence(const char *name, int online, apr_pool_t *pool)
{
    event_t e;
    begin(&e, "presence", pool);
    chat_write_object(&e.w);
    chat_write_member(&e.w, "username", name);
    chat_write_member_bool(&e.w, "online", online);
    chat_write_end(&e.w);
    return end(&e, NULL);
}

const char *chatd_render_typing(const char *sender, const char *key, const char *name,
                                apr_pool_t *pool)
{
    event_t e;
    begin(&e, "typing", pool);
    chat_write_object(&e.w);
    chat_write_member(&e.w, "sender", sender);
    chat_write_member(&e.w, key, name);
    chat_write_end(&e.w);
    return end(&e, NULL);
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
