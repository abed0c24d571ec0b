/* SPDX-License-Identifier: Apache-2.0 */
/* Bodies of Discord's API and the meaning of its answers. */
#include "outbox/discord_wire.h"

#include "base/text.h"
#include "render/json.h"
#include "render/writer.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <string.h>

#define BODY_MAX 65536
#define WAIT_MAX 3600.0  /* longest wait that an answer may ask for, in seconds */
#define WAIT_UNKNOWN 5.0 /* when a 429 names no time */
#define REASON_MAX 200

typedef struct body_t {
    chat_buffer_t out;
    chat_writer_t w;
} body_t;

static void begin(body_t *b, apr_pool_t *pool)
{
    chat_buffer_init(&b->out, 512, BODY_MAX, pool);
    chat_writer_json(&b->w, &b->out, 0);
    chat_write_object(&b->w);
}

/* No one is mentioned, whatever the text contains. */
static void add_text(body_t *b, const char *text)
{
    chat_write_member(&b->w, "content", text);
    chat_write_member_object(&b->w, "allowed_mentions");
    chat_write_member_array(&b->w, "parse");
    chat_write_end(&b->w);
    chat_write_end(&b->w);
}

static const char *end(body_t *b)
{
    chat_write_end(&b->w);
    return chat_buffer_text(&b->out);
}

const char *chat_discord_webhook_body(const char *text, const char *username,
                                      apr_pool_t *pool)
{
    body_t b;
    begin(&b, pool);
    add_text(&b, text);
    if (username)
        chat_write_member(&b.w, "username", username);
    return end(&b);
}

const char *chat_discord_message_body(const char *text, const char *nonce,
                                      apr_pool_t *pool)
{
    body_t b;
    begin(&b, pool);
    add_text(&b, text);
    chat_write_member(&b.w, "nonce", nonce);
    chat_write_member_bool(&b.w, "enforce_nonce", 1);
    return end(&b);
}

const char *chat_discord_dm_body(const char *user, apr_pool_t *pool)
{
    body_t b;
    begin(&b, pool);
    chat_write_member(&b.w, "recipient_id", user);
    return end(&b);
}

void chat_discord_nonce(char out[CHAT_NONCE_SIZE], const chat_secret_t *secret,
                        apr_int64_t item)
{
    char hash[CHAT_HASH_SIZE];
    chat_hash_keyed(hash, secret, "discord nonce", &item, sizeof(item));
    apr_cpystrn(out, hash, CHAT_NONCE_SIZE);
}

const char *chat_discord_webhook_url(const char *url, apr_pool_t *pool)
{
    return apr_pstrcat(pool, url, strchr(url, '?') ? "&" : "?", "wait=true", NULL);
}

/* ---- answers ---- */

static apr_interval_time_t span(double seconds)
{
    if (seconds < 0)
        return 0;
    return (apr_interval_time_t)((seconds < WAIT_MAX ? seconds : WAIT_MAX) * 1e6) + 1000;
}

/* Words of the other side: printable ASCII, not too many. */
static const char *words_of(const chat_json_t *body, apr_pool_t *pool)
{
    const char *text = chat_json_string(chat_json_member(body, "message"), NULL);
    apr_int64_t code;
    char *copy, *p;
    if (!text)
        return "";
    copy = apr_pstrndup(pool, text, REASON_MAX);
    for (p = copy; *p; p++) {
        if (*p < ' ' || *p > '~')
            *p = '?';
    }
    if (!chat_json_integer(&code, chat_json_member(body, "code")))
        return apr_pstrcat(pool, ": ", copy, NULL);
    return apr_psprintf(pool, ": %s (%" APR_INT64_T_FMT ")", copy, code);
}

/* A 429 of Discord itself is JSON; one of a proxy before it can be anything, and is about
 * our address. */
static void judge_limit(chat_verdict_t *v, const chat_http_answer_t *a,
                        const chat_json_t *body, apr_pool_t *pool)
{
    const char *text = chat_json_text(chat_json_member(body, "retry_after"), pool);
    double seconds;
    int global = 0;
    chat_json_boolean(&global, chat_json_member(body, "global"));
    if (!text || !chat_text_double(&seconds, text) || seconds < 0)
        seconds = a->retry_after;
    v->outcome = CHAT_OUTCOME_HELD;
    v->wait = span(seconds >= 0 ? seconds : WAIT_UNKNOWN);
    v->everywhere = global || a->global || !body;
    v->reason = v->everywhere ? "Discord's global rate limit" : "Discord's rate limit";
}

static void judge_success(chat_verdict_t *v, const chat_json_t *body, int repeatable)
{
    const char *id = chat_json_string(chat_json_member(body, "id"), NULL);
    if (id && *id && strspn(id, "0123456789") == strlen(id))
        v->id = id;
    if (v->id || !repeatable) {
        v->outcome = CHAT_OUTCOME_DELIVERED;
        return;
    }
    v->outcome = CHAT_OUTCOME_FAILED;
    v->reason = "the answer is not Discord's JSON";
}

static void judge_failure(chat_verdict_t *v, const chat_http_answer_t *a,
                          const chat_json_t *body, apr_pool_t *pool)
{
    v->reason =
        apr_psprintf(pool, "Discord answered %ld%s", a->status, words_of(body, pool));
    v->unauthorized = a->status == 401;
    if (a->status >= 500 || a->status == 408 || a->status == 425)
        v->wait = span(a->retry_after);
    else if (a->status >= 300 && a->status < 400)
        v->reason = apr_psprintf(pool,
                                 "Discord answered %ld, and redirects are not "
                                 "followed",
                                 a->status);
    if (a->status < 500 && a->status != 408 && a->status != 425)
        v->outcome = CHAT_OUTCOME_REFUSED;
}

void chat_discord_judge(chat_verdict_t *v, const chat_http_answer_t *a, int repeatable,
                        apr_pool_t *pool)
{
    const chat_json_t *body = NULL;
    const char *why;
    memset(v, 0, sizeof(*v));
    v->outcome = CHAT_OUTCOME_FAILED;
    if (!a->status) {
        v->reason =
            apr_psprintf(pool, "%s: %s", a->reached ? "incomplete answer" : "not reached",
                         a->error ? a->error : "unknown");
        return;
    }
    if (chat_json_parse(&body, &why, a->body, a->len, pool) != APR_SUCCESS ||
        chat_json_type(body) != CHAT_JSON_OBJECT)
        body = NULL;
    if (a->remaining == 0 && a->reset_after > 0) {
        v->bucket_empty = 1;
        v->bucket_wait = span(a->reset_after);
    }
    if (a->status == 429)
        judge_limit(v, a, body, pool);
    else if (a->status >= 200 && a->status < 300)
        judge_success(v, body, repeatable);
    else
        judge_failure(v, a, body, pool);
}
