/* SPDX-License-Identifier: Apache-2.0 */
/* Kinglet API v1: streams, messages, replies, threads. */
#include "api/kinglet.h"
#include "base/text.h"

#include <apr_strings.h>
#include <string.h>

#define PAGE 20
/* Threads are ordered by what changes, so a page costs an index entry for each thread
 * before it; this many pages cost some milliseconds. */
#define THREAD_PAGES 5000

/* All names, the author's too, with MARK before, between and after them. */
static const char *names(const chat_message_t *m, char mark, apr_pool_t *pool)
{
    const char *list = m->recipients, *name;
    apr_size_t len, own = strlen(m->author_name);
    int listed = 0;
    chat_buffer_t out;
    chat_buffer_init(&out, 64, APR_INT32_MAX, pool);
    while ((name = chat_message_recipient(&list, &len))) {
        listed |= len == own && !memcmp(name, m->author_name, len);
        chat_buffer_byte(&out, mark);
        chat_buffer_add(&out, name, len);
    }
    if (!listed) {
        chat_buffer_byte(&out, mark);
        chat_buffer_puts(&out, m->author_name);
    }
    chat_buffer_byte(&out, mark);
    return chat_buffer_text(&out);
}

static void message_text(chat_writer_t *w, const chat_message_t *m, int excerpt)
{
    const chat_text_t text = {.text = m->body, .len = m->body_len};
    /* longer texts come from other dialects, which do not address by names in them */
    const chat_kinglet_html_t how = {
        CHAT_KINGLET_NAMES,
        m->body_len <= 4 * CHAT_KINGLET_TEXT_MAX ? m->recipients : NULL};
    chat_buffer_t html;
    chat_buffer_init(&html, m->body_len + 64, APR_INT32_MAX, w->out->pool);
    if (excerpt)
        chat_kinglet_excerpt(&html, &text);
    else
        chat_kinglet_html(&html, &text, &how);
    chat_write_key(w, "message_text");
    chat_write_bytes(w, html.data, html.len);
}

static void member_ago(chat_writer_t *w, const char *key, apr_time_t t, apr_time_t now)
{
    char date[CHAT_DATE_SIZE];
    chat_kinglet_ago(date, t, now);
    chat_write_member(w, key, date);
}

static void list_item(chat_writer_t *w, const chat_message_t *m,
                      const chat_identity_t *reader, apr_time_t now)
{
    chat_write_object(w);
    chat_kinglet_member_text(w, "message_id", CHAT_ROW_NUMBER(m->id));
    chat_kinglet_member_text(w, "parent_id", CHAT_ROW_NUMBER(m->parent));
    message_text(w, m, 0);
    chat_write_member(w, "message_status", "o");
    chat_write_member(w, "author_name", m->author_name);
    chat_write_member(w, "author_type", m->author == reader->id ? "you" : "others");
    chat_kinglet_member_text(w, "reply_count", m->replies);
    chat_write_member(w, "recipient_names", names(m, ' ', w->out->pool));
    member_ago(w, "created_date", m->created, now);
    chat_kinglet_member_text(w, "logged_in_user", reader->id);
    chat_write_end(w);
}

static void thread_item(chat_writer_t *w, const chat_message_t *m,
                        const chat_identity_t *reader, apr_time_t now)
{
    chat_write_object(w);
    chat_kinglet_member_text(w, "message_id", CHAT_ROW_NUMBER(m->id));
    chat_write_member(w, "author_name", m->author_name);
    chat_write_member(w, "recipient_names", names(m, ' ', w->out->pool));
    chat_kinglet_member_text(w, "reply_count", m->replies);
    member_ago(w, "created_date", m->created, now);
    member_ago(w, "last_message_date", m->last_at, now);
    chat_write_member(w, "last_message_author_name", m->last_author);
    chat_kinglet_member_text(w, "last_message_id", CHAT_ROW_NUMBER(m->last_id));
    chat_kinglet_member_text(w, "logged_in_user", reader->id);
    message_text(w, m, 1);
    chat_write_end(w);
}

/* Member `messages`: N of READING, from FIRST on, by STEP. */
static void items(chat_writer_t *w, chat_call_t *c, const chat_reading_t *reading, int n,
                  int oldest_first)
{
    chat_write_member_array(w, "messages");
    for (int i = 0; i < n; i++)
        list_item(w, &reading->messages.list[oldest_first ? n - 1 - i : i],
                  &reading->reader, c->now);
    chat_write_end(w);
}

/* Number of a page; 0 when the text is not a number. */
static apr_int64_t page_number(const char *text)
{
    apr_int64_t page;
    if (text[strspn(text, "0123456789")])
        return 0;
    /* more digits than a number has: beyond every end */
    if (strlen(text) > 12)
        return APR_INT64_C(1000000000000);
    return chat_text_int64(&page, text) ? page : 0;
}

static apr_status_t bad_page(chat_kinglet_t *k)
{
    static const chat_kinglet_error_t e = {.status = 401,
                                           .user = "Invalid access.",
                                           .system = "Page number is not numeric."};
    return chat_kinglet_wrong_for(k, &e);
}

static apr_status_t stream(chat_kinglet_t *k, const char *page)
{
    apr_int64_t number = page_number(page);
    chat_slice_t slice = {(number - 1) * PAGE, PAGE + 1};
    chat_reading_t reading;
    chat_writer_t w;
    apr_status_t rv;
    if (!number)
        return bad_page(k);
    rv = chat_conversation_stream(&reading, k->call, &k->auth, &slice);
    if (rv != APR_SUCCESS)
        return rv;
    chat_kinglet_answer(&w, k->resp, 200);
    chat_write_member_int(&w, "next_link_bool", reading.messages.n > PAGE);
    items(&w, k->call, &reading, reading.messages.n > PAGE ? PAGE : reading.messages.n,
          0);
    return chat_write_finish(&w);
}

static apr_status_t threads(chat_kinglet_t *k, const char *page)
{
    apr_int64_t number = page_number(page);
    chat_slice_t slice = {(number - 1) * PAGE, PAGE + 1};
    chat_reading_t reading;
    chat_writer_t w;
    apr_status_t rv;
    if (!number)
        return bad_page(k);
    if (number > THREAD_PAGES)
        slice.count = 0;
    if (!slice.count)
        slice.skip = 0;
    rv = chat_conversation_threads(&reading, k->call, &k->auth, &slice);
    if (rv != APR_SUCCESS)
        return rv;
    chat_kinglet_answer(&w, k->resp, 200);
    chat_write_member_int(&w, "next_link_bool", reading.messages.n > PAGE);
    chat_write_member_array(&w, "threads");
    for (int i = 0; i < reading.messages.n && i < PAGE; i++)
        thread_item(&w, &reading.messages.list[i], &reading.reader, k->call->now);
    return chat_write_finish(&w);
}

/* Seconds beyond which a time in microseconds does not fit. */
#define EPOCH_MAX APR_INT64_C(9000000000000)

static apr_status_t since(chat_kinglet_t *k)
{
    const char *text = k->n > 2 ? k->segment[2] : "";
    chat_kinglet_error_t e = {.status = 401, .user = "Invalid access."};
    apr_int64_t seconds = 0, count = 0;
    chat_reading_t reading;
    chat_messages_t *m = &reading.messages;
    chat_writer_t w;
    apr_status_t rv;
    if (!*text || text[strspn(text, "0123456789")]) {
        e.system = apr_psprintf(k->call->pool, "Missing epoch date. [%s]", text);
        return chat_kinglet_wrong_for(k, &e);
    }
    if (!chat_text_int64(&seconds, text) || seconds > EPOCH_MAX)
        seconds = EPOCH_MAX;
    rv = chat_conversation_since(&reading, &count, k->call, &k->auth,
                                 apr_time_from_sec(seconds));
    if (rv != APR_SUCCESS)
        return rv;
    chat_kinglet_answer(&w, k->resp, 200);
    chat_write_member_int(&w, "new_message_count", count);
    chat_write_member_array(&w, "messages");
    for (int i = 0; i < m->n; i++) {
        if (m->list[i].author != reading.reader.id)
            list_item(&w, &m->list[i], &reading.reader, k->call->now);
    }
    return chat_write_finish(&w);
}

static apr_status_t one(chat_kinglet_t *k, apr_int64_t number)
{
    char date[CHAT_DATE_SIZE], digest[CHAT_DIGEST_SIZE];
    chat_reading_t reading;
    chat_writer_t w;
    const chat_message_t *m;
    apr_status_t rv = chat_conversation_one(&reading, k->call, &k->auth, number);
    if (rv != APR_SUCCESS)
        return rv;
    m = &reading.messages.list[0];
    chat_kinglet_digest(digest, k->call, m->id);
    chat_kinglet_date(date, m->created, 1);
    chat_kinglet_answer(&w, k->resp, 200);
    chat_kinglet_member_text(&w, "message_id", CHAT_ROW_NUMBER(m->id));
    chat_kinglet_member_text(&w, "parent_id", CHAT_ROW_NUMBER(m->parent));
    chat_kinglet_member_text(&w, "reply_count", m->replies);
    chat_kinglet_member_text(&w, "author_id", m->author);
    chat_write_member(&w, "author_name", m->author_name);
    chat_write_member(&w, "recipient_names", names(m, '|', k->call->pool));
    message_text(&w, m, 0);
    chat_write_member(&w, "content_digest", digest);
    chat_write_member(&w, "created_date", date);
    chat_write_member(&w, "message_status", "o");
    return chat_write_finish(&w);
}

static apr_status_t replies(chat_kinglet_t *k, apr_int64_t number)
{
    chat_reading_t reading;
    chat_writer_t w;
    apr_status_t rv = chat_conversation_replies(&reading, k->call, &k->auth, number);
    if (rv != APR_SUCCESS)
        return rv;
    chat_kinglet_answer(&w, k->resp, 200);
    chat_write_member_int(&w, "next_link_bool", 0);
    items(&w, k->call, &reading, reading.messages.n, 1);
    return chat_write_finish(&w);
}

/* /messages/ID and /messages/ID/replies */
static apr_status_t numbered(chat_kinglet_t *k)
{
    static const chat_kinglet_error_t bad = {
        .status = 400, .user = "Invalid message ID.", .system = "ID is not numeric."};
    const char *text = k->segment[1];
    apr_int64_t number = 0;
    if (k->n > 3 || (k->n == 3 && strcmp(k->segment[2], "replies") != 0))
        return chat_call_refuse_detail(k->call, CHAT_P_NO_ENDPOINT, NULL, k->segment[2]);
    if (k->n == 2 && k->req->method == CHAT_POST)
        return chat_call_refuse_detail(k->call, CHAT_P_NO_ENDPOINT, NULL, text);
    if (text[strspn(text, "0123456789")])
        return chat_kinglet_wrong_for(k, &bad);
    /* a number that is too large belongs to no message, and neither does 0 */
    chat_text_int64(&number, text);
    if (k->req->method == CHAT_POST)
        return chat_kinglet_reply(k, number);
    return k->n == 3 ? replies(k, number) : one(k, number);
}

static apr_status_t read_list(chat_kinglet_t *k)
{
    const char *word = k->segment[1], *page = k->n > 2 ? k->segment[2] : "";
    if (!strcmp(word, "since"))
        return since(k);
    if (!strcmp(word, "page"))
        return stream(k, page);
    if (k->n == 2)
        return threads(k, "1");
    return threads(k, k->n == 4 && !strcmp(page, "page") ? k->segment[3] : page);
}

apr_status_t chat_kinglet_messages(chat_kinglet_t *k)
{
    const char *word = k->n > 1 ? k->segment[1] : "";
    int list =
        !strcmp(word, "since") || !strcmp(word, "page") || !strcmp(word, "threads");
    apr_status_t rv = chat_kinglet_need_user(k);
    if (rv != APR_SUCCESS)
        return rv;
    if (k->n == 1)
        return k->req->method == CHAT_POST ? chat_kinglet_say(k) : stream(k, "1");
    if (!list)
        return numbered(k);
    if (k->req->method == CHAT_POST || k->n > 4 ||
        (k->n == 4 && (strcmp(word, "threads") || strcmp(k->segment[2], "page"))))
        return chat_call_refuse_detail(k->call, CHAT_P_NO_ENDPOINT, NULL,
                                       k->segment[k->n - 1]);
    return read_list(k);
}
