/* SPDX-License-Identifier: Apache-2.0 */
/* From the event log to the sockets. */
#include "base/text.h"
#include "chatd/chatd.h"
#include "core/policy.h"
#include "store/account.h"

#include <apr_strings.h>
#include <string.h>

/* Events that are read at a time: what they hold is in memory meanwhile. */
#define BATCH 100
/* Longest gap that is replayed for one client; beyond it, reading history is cheaper. In
 * bytes it is seven eighths of what may wait for a client (rt/server.h): one that
 * reconnects must not count as a slow one. */
#define REPLAY_MAX 5000
#define REPLAY_BYTES 917504
/* A feed that is behind goes on in portions of so many bytes, a pause between them: what
 * may wait for a client is for those who read. JSON may write a byte as six. */
#define PORTION_BYTES 131072
#define PORTION_EVENTS 8
#define PORTION_PAUSE_MS 20
/* Clocks that differ by more are worth a line in the log. */
#define SKEW_US apr_time_from_sec(5)
/* What a message costs there besides its text. */
#define MESSAGE_OVERHEAD (RT_STREAM_OVERHEAD + 16)

typedef struct batch_t {
    chatd_site_t *site;
    apr_int64_t room, after;
    chat_followed_t *list;
    int limit, n;
} batch_t;

static apr_status_t read_batch(chat_tx_t *tx, void *baton)
{
    batch_t *b = baton;
    return chat_event_follow(&b->list, &b->n, tx, b->room, b->after, b->limit,
                             b->site->daemon->batch);
}

/* The frames of one event, each built for the first listener of its kind. */
typedef struct frames_t {
    const chat_followed_t *f;
    rt_message *of[CHATD_VARIANTS]; /* NULL: that kind of listener does not get it */
    int built[CHATD_VARIANTS];
} frames_t;

static void build(frames_t *frames, const chatd_site_t *site, int variant)
{
    const char *json = chatd_render(frames->f, variant, NULL, site->daemon->batch);
    frames->built[variant] = 1;
    frames->of[variant] = json ? rt_space_event_raw(site->space, json) : NULL;
}

/* A feed that is behind hands out what was there before a login, too. */
static int is_news(const chatd_user_t *user, const chat_followed_t *f)
{
    return CHAT_ROW_NUMBER(f->event.id) > user->since;
}

static void send_frames(const chatd_member_t *m, frames_t *frames)
{
    for (rt_list *l = m->users.next; l != &m->users; l = l->next) {
        chatd_user_t *user = rt_container(l, chatd_user_t, in_member);
        if (!is_news(user, frames->f))
            continue;
        if (!frames->built[user->variant])
            build(frames, user->site, user->variant);
        if (frames->of[user->variant])
            rt_socket_send(user->socket, frames->of[user->variant]);
    }
}

static void release(frames_t *frames)
{
    for (int v = 0; v < CHATD_VARIANTS; v++)
        rt_message_unref(frames->of[v]);
}

/* To each of MEMBERS that reads CHANNEL; 0: to all of them. */
static void send_members(const chatd_int_map_t *members, const chat_followed_t *f,
                         apr_int64_t channel)
{
    frames_t frames = {.f = f};
    const chatd_member_t *m;
    size_t i = 0;
    while ((m = chatd_int_map_next(members, &i, NULL))) {
        if (!channel || chatd_member_reads(m, channel, f->channel_public))
            send_frames(m, &frames);
    }
    release(&frames);
}

/* A direct message has another recipient for each member. */
static void send_member(chatd_member_t *m, const chat_followed_t *f)
{
    apr_pool_t *pool = m->room->site->daemon->batch;
    for (rt_list *l = m->users.next; l != &m->users; l = l->next) {
        chatd_user_t *user = rt_container(l, chatd_user_t, in_member);
        const char *json =
            is_news(user, f) ? chatd_render(f, user->variant, m->name, pool) : NULL;
        if (json)
            chatd_send(user, json);
    }
}

static void send_channel(chatd_room_t *room, const chat_followed_t *f)
{
    const chatd_channel_t *ch = chatd_channel_find(room, f->event.channel);
    if (f->channel_public)
        send_members(&room->members, f,
                     room->guests || (ch && ch->blind) ? f->event.channel : 0);
    else if (ch)
        send_members(&ch->readers, f, 0);
}

/* Whether the blank-separated list of ids AUDIENCE has ID. */
static int in_audience(const char *audience, apr_int64_t id)
{
    char text[24];
    apr_size_t len =
        (apr_size_t)apr_snprintf(text, sizeof(text), "%" APR_INT64_T_FMT, id);
    for (const char *p = audience; p; p = strchr(p, ' ')) {
        p += *p == ' ';
        if (!strncmp(p, text, len) && (!p[len] || p[len] == ' '))
            return 1;
    }
    return 0;
}

/* Whether M wrote the direct message F and is not a recipient: extended sockets get it.
 */
static int is_author(const chatd_member_t *m, const chat_followed_t *f)
{
    return f->event.kind == CHAT_EVENT_MESSAGE && f->event.account == m->id &&
           !in_audience(f->event.audience, m->id);
}

static void send_author(const chatd_room_t *room, const chat_followed_t *f)
{
    const chatd_member_t *m = chatd_int_map_get(&room->members, f->event.account);
    if (!m || !is_author(m, f))
        return;
    for (rt_list *l = m->users.next; l != &m->users; l = l->next) {
        chatd_user_t *user = rt_container(l, chatd_user_t, in_member);
        const char *json = NULL;
        if (user->variant & CHATD_EXTENDED && is_news(user, f))
            json = chatd_render(f, user->variant, NULL, room->site->daemon->batch);
        if (json)
            chatd_send(user, json);
    }
}

static void send_audience(chatd_room_t *room, const chat_followed_t *f)
{
    apr_pool_t *pool = room->site->daemon->batch;
    char *last, *copy = apr_pstrdup(pool, f->event.audience);
    for (char *id = apr_strtok(copy, " ", &last); id; id = apr_strtok(NULL, " ", &last)) {
        apr_int64_t n;
        chatd_member_t *m;
        if (chat_text_int64(&n, id) && (m = chatd_int_map_get(&room->members, n)))
            send_member(m, f);
    }
    send_author(room, f);
}

static void send_event(chatd_room_t *room, const chat_followed_t *f)
{
    if (f->event.channel && !f->event.audience)
        send_channel(room, f);
    else if (f->event.audience)
        send_audience(room, f);
    else if (f->event.kind != CHAT_EVENT_MESSAGE || f->kind == CHAT_MESSAGE_ANNOUNCEMENT)
        send_members(&room->members, f, 0);
}

static void tell_channel(chatd_member_t *m, const char *event, const chat_channel_t *ch,
                         const chat_followed_t *f)
{
    apr_pool_t *pool = m->room->site->daemon->batch;
    const char *number =
        apr_psprintf(pool, "%" APR_INT64_T_FMT, CHAT_ROW_NUMBER(f->event.id));
    for (rt_list *l = m->users.next; l != &m->users; l = l->next) {
        chatd_user_t *user = rt_container(l, chatd_user_t, in_member);
        if (user->variant & CHATD_IDS && is_news(user, f))
            chatd_send(user, chatd_render_channel(
                                 event, ch->name, ch->id,
                                 user->variant & CHATD_RECOVER ? number : NULL, pool));
    }
}

/* The rights of an account in a channel changed: the present ones are read, not those at
 * the time of the event. */
static apr_status_t change_rights(chatd_room_t *room, const chat_followed_t *f)
{
    chatd_member_t *m = chatd_int_map_get(&room->members, f->event.account);
    apr_pool_t *pool = room->site->daemon->batch;
    chat_channel_t now;
    chatd_channel_t *ch;
    chat_tx_t *tx;
    int before, after;
    apr_status_t rv;
    if (!m)
        return APR_SUCCESS;
    rv = chat_store_begin(&tx, room->site->site.store, pool);
    if (rv == APR_SUCCESS)
        rv = chat_channel_by_id(&now, tx, m->id, f->event.channel, pool);
    rv = chat_store_end(tx, rv);
    if (rv != APR_SUCCESS)
        return rv == CHAT_NOTFOUND ? APR_SUCCESS : rv;
    ch = chatd_channel_make(room, &now);
    before = chatd_member_reads(m, ch->id, ch->public);
    chatd_member_set_right(m, ch, now.permissions);
    after = chatd_member_reads(m, ch->id, ch->public);
    if (after && (!before || f->event.kind != CHAT_EVENT_MEMBER_REMOVED))
        tell_channel(m, "channel_added", &now, f);
    else if ((before && !after) || f->event.kind == CHAT_EVENT_MEMBER_REMOVED)
        tell_channel(m, "channel_removed", &now, f);
    return APR_SUCCESS;
}

static void channel_news(chatd_room_t *room, const chat_followed_t *f, const char *event)
{
    const chat_channel_t ch = {.id = f->event.channel,
                               .public = f->channel_public,
                               .name = f->channel_name ? f->channel_name : ""};
    chatd_member_t *m;
    size_t i = 0;
    while ((m = chatd_int_map_next(&room->members, &i, NULL))) {
        if (chatd_member_reads(m, ch.id, f->channel_public))
            tell_channel(m, event, &ch, f);
    }
    if (f->event.kind == CHAT_EVENT_CHANNEL_DELETED)
        chatd_channel_drop(room, f->event.channel);
    else
        chatd_channel_make(room, &ch);
}

/* Whether the account wants to be shown as online. */
static apr_status_t check_hidden(chatd_member_t *m, apr_pool_t *pool)
{
    chat_identity_t now;
    chat_tx_t *tx;
    apr_status_t rv = chat_store_begin(&tx, m->room->site->site.store, pool);
    if (rv == APR_SUCCESS)
        rv = chat_identity_by_id(&now, tx, m->id, pool);
    rv = chat_store_end(tx, rv);
    if (rv != APR_SUCCESS || now.hidden == m->hidden)
        return rv == CHAT_NOTFOUND ? APR_SUCCESS : rv;
    m->hidden = 0;
    chatd_presence_changed(m, !now.hidden);
    m->hidden = now.hidden;
    return APR_SUCCESS;
}

/* What the change F of a channel is for M besides "channel_changed", or NULL; *NAME: what
 * M knows it as. */
static const char *change_word(const char **name, const chatd_member_t *m,
                               const chat_followed_t *f)
{
    char mark = f->event.detail ? *f->event.detail : '=';
    int was = mark == '=' ? f->channel_public : mark == '-';
    int is = mark == '=' ? f->channel_public : mark == '+';
    int before = chatd_member_reads(m, f->event.channel, was);
    int after = chatd_member_reads(m, f->event.channel, is);
    *name = after ? f->channel_name : chatd_channel_former(f);
    if (before == after)
        return NULL;
    return after ? "channel_added" : "channel_removed";
}

static void change_channel(chatd_room_t *room, const chat_followed_t *f)
{
    chat_channel_t now = {.id = f->event.channel, .public = f->channel_public};
    frames_t frames = {.f = f};
    chatd_member_t *m;
    size_t i = 0;
    now.name = f->channel_name ? f->channel_name : "";
    chatd_channel_change(room, &now);
    while ((m = chatd_int_map_next(&room->members, &i, NULL))) {
        chat_channel_t known = now;
        const char *word = change_word(&known.name, m, f);
        if (word)
            tell_channel(m, word, &known, f);
        else if (chatd_member_reads(m, now.id, now.public))
            send_frames(m, &frames);
    }
    release(&frames);
}

/* The account's token, password, state or rank changed: who may no longer be here goes.
 */
static apr_status_t check_account(chatd_room_t *room, const chat_followed_t *f)
{
    chatd_member_t *m = chatd_int_map_get(&room->members, f->event.account);
    apr_pool_t *pool = room->site->daemon->batch;
    if (!m)
        return APR_SUCCESS;
    for (rt_list *next, *l = m->users.next; l != &m->users; l = next) {
        chatd_user_t *user = rt_container(l, chatd_user_t, in_member);
        chat_auth_t auth = {.guests = 1};
        chat_call_t call;
        apr_status_t rv;
        next = l->next;
        chatd_site_call(&call, room->site);
        apr_cpystrn(auth.hash, user->hash, sizeof(auth.hash));
        rv = chat_auth_check(&call, &auth);
        if (rv == APR_SUCCESS && !m->guest)
            continue;
        if (rv == APR_SUCCESS) { /* it has become an account, with other rights */
            rt_socket_close(user->socket, RT_REASON_KICKED, 1);
            continue;
        }
        if (rv != CHAT_REFUSED)
            return rv;
        chatd_send(user, chatd_render_error("Invalid token!", pool));
        rt_socket_close(user->socket, RT_REASON_KICKED, 0);
    }
    return check_hidden(m, pool);
}

/* Nothing here depends on events of this KIND but what clients are sent. */
static int is_only_told(chat_event_kind_t kind)
{
    return kind <= CHAT_EVENT_MESSAGE_DELETED ||
           (kind >= CHAT_EVENT_MESSAGE_EDITED && kind != CHAT_EVENT_CHANNEL_CHANGED);
}

static void note_silence(chatd_room_t *room, const chat_followed_t *f)
{
    chatd_member_t *m = chatd_int_map_get(&room->members, f->event.account);
    if (f->event.kind == CHAT_EVENT_EMERGENCY)
        room->emergency = chatd_emergency_on(f);
    else if (f->event.kind == CHAT_EVENT_MUTED && m)
        m->muted = 1;
}

static apr_status_t hand_out(chatd_room_t *room, const chat_followed_t *f)
{
    note_silence(room, f);
    if (is_only_told(f->event.kind)) {
        send_event(room, f);
        return APR_SUCCESS;
    }
    switch (f->event.kind) {
    case CHAT_EVENT_MEMBER_ADDED:
    case CHAT_EVENT_MEMBER_REMOVED:
    case CHAT_EVENT_RIGHTS_CHANGED:
        return change_rights(room, f);
    case CHAT_EVENT_CHANNEL_ADDED:
        channel_news(room, f, "channel_added");
        return APR_SUCCESS;
    case CHAT_EVENT_CHANNEL_DELETED:
        channel_news(room, f, "channel_removed");
        return APR_SUCCESS;
    case CHAT_EVENT_CHANNEL_CHANGED:
        change_channel(room, f);
        return APR_SUCCESS;
    case CHAT_EVENT_ACCOUNT_CHANGED:
        return check_account(room, f);
    default:
        return APR_SUCCESS;
    }
}

/* Only logged: order and progress depend on the numbers. A feed that was up to date
 * recently knows how old its news may be. */
static void notice_clock(chatd_room_t *room, const chat_followed_t *f)
{
    chatd_site_t *site = room->site;
    apr_time_t now = apr_time_now(), off = f->event.created - now;
    int behind = room->fed && now - room->fed < SKEW_US && off < -2 * SKEW_US;
    if (site->skewed || (off <= SKEW_US && !behind))
        return;
    site->skewed = 1;
    chat_log(&site->daemon->log, CHAT_LOG_WARNING, 741, APR_SUCCESS,
             "%s: the clocks of this machine and of another that writes to the database "
             "differ "
             "by %d s; set them by NTP",
             site->conf->name, (int)apr_time_sec(off < 0 ? -off : off));
}

static void handed_out(chatd_room_t *room, const chat_followed_t *f)
{
    chat_metrics_t *metrics = &room->site->daemon->metrics;
    room->last = CHAT_ROW_NUMBER(f->event.id);
    metrics->events[0]++;
    CHAT_OBSERVE(metrics, event, TIME, 0, apr_time_now() - f->event.created);
}

static apr_status_t feed_batch(apr_size_t *bytes, chatd_room_t *room, batch_t *b)
{
    chatd_site_t *site = room->site;
    apr_status_t rv;
    b->after = room->last;
    rv = chat_store_read(site->site.store, read_batch, b);
    if (rv == APR_SUCCESS && b->n)
        notice_clock(room, &b->list[b->n - 1]);
    for (int i = 0; rv == APR_SUCCESS && i < b->n && *bytes < PORTION_BYTES; i++) {
        rv = hand_out(room, &b->list[i]);
        if (rv == APR_SUCCESS)
            handed_out(room, &b->list[i]);
        *bytes += b->list[i].body_len + MESSAGE_OVERHEAD;
    }
    apr_pool_clear(site->daemon->batch);
    return rv;
}

void chatd_room_feed(chatd_room_t *room)
{
    chatd_site_t *site = room->site;
    uint64_t now = rt_loop_now(site->daemon->loop);
    int limit = room->rest ? PORTION_EVENTS : BATCH;
    batch_t b = {.site = site, .room = room->id, .limit = limit, .n = limit};
    apr_status_t rv = APR_SUCCESS;
    apr_size_t bytes = 0;
    if (now < room->rest) /* whatever came meanwhile */
        return;
    while (b.n == limit && rv == APR_SUCCESS && bytes < PORTION_BYTES)
        rv = feed_batch(&bytes, room, &b);
    room->rest = bytes >= PORTION_BYTES ? now + PORTION_PAUSE_MS : 0;
    room->fed = rv == APR_SUCCESS && !room->rest ? apr_time_now() : 0;
    /* what could not be read is asked for again */
    room->told = chatd_site_away(site, rv) || room->rest;
    if (room->rest)
        rt_timer_set(site->daemon->loop, &site->poll, PORTION_PAUSE_MS);
}

/* Whether nothing above AFTER was deleted from the log. */
static int is_complete(chatd_room_t *room, apr_int64_t after)
{
    apr_int64_t oldest = 0;
    chat_tx_t *tx;
    apr_status_t rv =
        chat_store_begin(&tx, room->site->site.store, room->site->daemon->batch);
    if (rv == APR_SUCCESS)
        rv = chat_event_oldest(&oldest, tx, room->id);
    rv = chat_store_end(tx, rv);
    return !chatd_site_away(room->site, rv) && oldest && oldest <= after + 1;
}

/* Whether USER may see F: as send_event() would have it, for one user. */
static int may_see(const chatd_user_t *user, const chat_followed_t *f)
{
    const chatd_member_t *m = user->member;
    if (f->event.audience)
        return in_audience(f->event.audience, m->id) ||
               (user->variant & CHATD_EXTENDED && is_author(m, f));
    if (f->event.channel)
        return chatd_member_reads(m, f->event.channel, f->channel_public);
    return f->event.kind != CHAT_EVENT_MESSAGE || f->kind == CHAT_MESSAGE_ANNOUNCEMENT;
}

/* Whether the account could read a private channel that is deleted. A database that does
 * not answer means no. */
static int had_right(const chatd_member_t *m, apr_int64_t channel)
{
    chatd_site_t *site = m->room->site;
    chat_tx_t *tx;
    int permissions = 0;
    apr_status_t rv = chat_store_begin(&tx, site->site.store, site->daemon->scratch);
    if (rv == APR_SUCCESS)
        rv = chat_membership_permissions(&permissions, tx, m->id, channel);
    rv = chat_store_end(tx, rv);
    return !chatd_site_away(site, rv) &&
           (chat_policy_effective(permissions, 0) & CHAT_READ) != 0;
}

/* The event about a channel that USER gets for F, judged by the rights of now, or NULL;
 * *NAME: the channel's. */
static const char *channel_word(const char **name, const chatd_user_t *user,
                                const chat_followed_t *f)
{
    int reads, own = f->event.account == user->member->id;
    *name = f->channel_name;
    if (!(user->variant & CHATD_IDS) || !f->event.channel || !f->channel_name)
        return NULL;
    reads = may_see(user, f);
    switch (f->event.kind) {
    case CHAT_EVENT_MEMBER_ADDED:
    case CHAT_EVENT_RIGHTS_CHANGED:
        return !own ? NULL : reads ? "channel_added" : "channel_removed";
    case CHAT_EVENT_MEMBER_REMOVED:
        return own ? "channel_removed" : NULL;
    case CHAT_EVENT_CHANNEL_ADDED:
        return reads ? "channel_added" : NULL;
    case CHAT_EVENT_CHANNEL_DELETED:
        return reads || had_right(user->member, f->event.channel) ? "channel_removed"
                                                                  : NULL;
    case CHAT_EVENT_CHANNEL_CHANGED:
        return change_word(name, user->member, f);
    default:
        return NULL;
    }
}

/* F for USER, in POOL; NULL when it is not for it. */
static const char *render_missed(const chatd_user_t *user, const chat_followed_t *f,
                                 apr_pool_t *pool)
{
    const chatd_member_t *m = user->member;
    const char *name, *word = channel_word(&name, user, f);
    if (word)
        return chatd_render_channel(
            word, name, f->event.channel,
            apr_psprintf(pool, "%" APR_INT64_T_FMT, CHAT_ROW_NUMBER(f->event.id)), pool);
    return may_see(user, f)
               ? chatd_render(f, user->variant, is_author(m, f) ? NULL : m->name, pool)
               : NULL;
}

/* Adds the events of B that USER may see. 0: they are too much. */
static int add_missed(apr_array_header_t *missed, apr_size_t *bytes, batch_t *b,
                      const chatd_user_t *user)
{
    for (int i = 0; i < b->n; i++) {
        const char *json;
        b->after = CHAT_ROW_NUMBER(b->list[i].event.id);
        if (b->after > user->member->room->last)
            break;
        json = render_missed(user, &b->list[i], missed->pool);
        if (!json)
            continue;
        *bytes += strlen(json) + MESSAGE_OVERHEAD;
        if (*bytes > REPLAY_BYTES)
            return 0;
        APR_ARRAY_PUSH(missed, const char *) = json;
    }
    return 1;
}

static apr_array_header_t *missed_of(chatd_user_t *user, apr_int64_t after,
                                     apr_pool_t *pool)
{
    chatd_room_t *room = user->member->room;
    chatd_site_t *site = user->site;
    apr_array_header_t *missed = apr_array_make(pool, 16, sizeof(const char *));
    batch_t b = {
        .site = site, .room = room->id, .after = after, .limit = BATCH, .n = BATCH};
    apr_size_t bytes = 0;
    int all = 1;
    if (after == room->last)
        return missed;
    if (after > room->last || room->last - after > REPLAY_MAX ||
        !is_complete(room, after))
        return NULL;
    while (all && b.n == BATCH && b.after < room->last) {
        all = !chatd_site_away(site, chat_store_read(site->site.store, read_batch, &b)) &&
              add_missed(missed, &bytes, &b, user);
        apr_pool_clear(site->daemon->batch);
    }
    return all ? missed : NULL;
}

apr_array_header_t *chatd_room_missed(chatd_user_t *user, apr_int64_t after,
                                      apr_pool_t *pool)
{
    apr_array_header_t *missed = missed_of(user, after, pool);
    user->site->daemon->metrics.replays[!missed]++;
    return missed;
}
