/* SPDX-License-Identifier: Apache-2.0 */
/* teendevops REST API v1: texts, parameters, formats, cookies. */
#include "api/teendevops.h"

#include "api/form.h"
#include "base/text.h"

#include <apr_strings.h>
#include <string.h>

#define COOKIE "teendevops_session"
#define COOKIE_FALLBACK "sessionid" /* what the document's samples send */

#define LOCKED                                                                        \
    "This account is temporarily locked due to over 10 incorrect password attempts. " \
    "Please "                                                                         \
    "email us if you believe something is wrong."
#define LIMIT \
    "You have hit the API rate limit. Contact info@teendevops.net to adjust this limit."

/* Status 200 for every text that the client is to read; a text of NULL is created from
 * the field. */
static const chat_answer_t answers[CHAT_P_COUNT] = {
    [CHAT_P_MALFORMED] = {200, "The request is not valid.", NULL},
    [CHAT_P_BAD_TEXT] = {200, NULL, NULL},
    [CHAT_P_MISSING] = {200, NULL, NULL},
    [CHAT_P_INVALID] = {200, NULL, NULL},
    [CHAT_P_EMPTY] = {200, NULL, NULL},
    [CHAT_P_KEY_REUSED] = {200, NULL, NULL},
    [CHAT_P_METHOD] = {200, NULL, NULL},
    [CHAT_P_TOO_LARGE] = {200, "The request is too large.", NULL},
    [CHAT_P_ENCODING] = {415, "Content-Encoding is not supported.", NULL},
    [CHAT_P_TIMEOUT] = {200, "The request took too long.", NULL},
    [CHAT_P_NO_ENDPOINT] = {404, "That endpoint does not exist.", NULL},
    [CHAT_P_RATE] = {200, LIMIT, NULL},
    [CHAT_P_THROTTLED] = {200, LOCKED, NULL},
    [CHAT_P_UNAVAILABLE] = {503, "The service is not available. Please try again later.",
                            NULL},
    [CHAT_P_DISK_FULL] = {507, "The server is out of disk space.", NULL},
    [CHAT_P_INTERNAL] = {500, "An unknown error occured.", NULL},
    [CHAT_P_NOT_LOGGED_IN] = {200, "You must be signed in to do that.", NULL},
    [CHAT_P_CREDENTIALS] = {200, "Username/Email or password is incorrect.", NULL},
    [CHAT_P_BANNED] = {200, "Account has been banned.", NULL},
    [CHAT_P_PENDING] = {200, "An unknown error occured.", NULL},
    [CHAT_P_CSRF] = {200, "Invalid CSRF token.", NULL},
    [CHAT_P_NO_ACCOUNT] = {200, "That user does not exist.", NULL},
    [CHAT_P_NO_CHANNEL] = {200, "That channel does not exist.", NULL},
    [CHAT_P_NO_READ] = {200, "You are not allowed to write in that channel.", NULL},
    [CHAT_P_MUTED] = {200, "You are not allowed to write in that channel.", NULL},
    [CHAT_P_EMERGENCY] = {200, "You are not allowed to write in that channel.", NULL},
    [CHAT_P_NETWORK] = {403, "You are not allowed to do that.", NULL},
    [CHAT_P_NO_WRITE] = {200, "You are not allowed to write in that channel.", NULL},
};

static const char *made_text(const chat_problem_t *p, apr_pool_t *pool)
{
    const char *field = p->field ? p->field : "...";
    switch (p->code) {
    case CHAT_P_METHOD:
        return p->detail && strstr(p->detail, "GET") ? "Request method must be GET."
                                                     : "Request method must be POST.";
    case CHAT_P_MISSING:
    case CHAT_P_EMPTY:
        /* two parameters, one of which is enough, come with their quotes */
        return apr_psprintf(pool,
                            *field == '\'' ? "Parameter %s is not set."
                                           : "Parameter '%s' is not set.",
                            field);
    default:
        return apr_psprintf(pool, "Parameter '%s' is not valid.", field);
    }
}

static const char *session_of(const chat_request_t *req, apr_pool_t *pool);

void chat_teendevops_refuse(chat_call_t *c, const chat_request_t *req,
                            chat_response_t *resp)
{
    const chat_answer_t *a = chat_api_answer(answers, &c->problem);
    chat_teendevops_t t = {.call = c, .req = req, .resp = resp};
    chat_writer_t w;
    resp->status = a->status;
    if (req)
        t.session = session_of(req, c->pool);
    chat_teendevops_answer(&w, &t, 0);
    chat_write_member(&w, "error", a->text ? a->text : made_text(&c->problem, c->pool));
    chat_write_end(&w);
}

/* ---- parameters ---- */

apr_status_t chat_teendevops_run(const chat_route_t *route, chat_call_t *c,
                                 const chat_request_t *req, chat_response_t *resp)
{
    chat_teendevops_t t = {.call = c, .req = req, .resp = resp};
    apr_table_t *body = NULL;
    t.session = session_of(req, c->pool);
    t.params = chat_api_form(c, req->query ? req->query : "",
                             req->query ? strlen(req->query) : 0);
    if (t.params && chat_api_is_form(req))
        body = chat_api_body_form(c, req);
    if (!t.params || (chat_api_is_form(req) && !body))
        return CHAT_REFUSED;
    if (body)
        apr_table_overlap(t.params, body, APR_OVERLAP_TABLES_SET);
    return route->run.teendevops(&t);
}

apr_status_t chat_teendevops_text(const char **out, const chat_teendevops_t *t,
                                  const char *name)
{
    *out = apr_table_get(t->params, name);
    return *out && **out ? APR_SUCCESS : chat_call_refuse(t->call, CHAT_P_MISSING, name);
}

apr_status_t chat_teendevops_number(apr_int64_t *out, const chat_teendevops_t *t,
                                    const char *name)
{
    const char *text;
    apr_status_t rv = chat_teendevops_text(&text, t, name);
    if (rv == APR_SUCCESS && !chat_text_int64(out, text))
        return chat_call_refuse(t->call, CHAT_P_INVALID, name);
    return rv;
}

/* ---- formats ---- */

typedef enum format_t { FORMAT_JSON, FORMAT_XML, FORMAT_DUMP } format_t;

/* The format that the last `format` in the parameters names. Read without decoding, so
 * that it holds for the refusal of parameters that cannot be decoded too. */
static void look_for_format(format_t *format, const char *text, apr_size_t len)
{
    static const char name[] = "format=";
    const char *end = text + len;
    while (text < end) {
        const char *stop = memchr(text, '&', end - text);
        apr_size_t n;
        stop = stop ? stop : end;
        n = stop - text;
        if (n >= sizeof(name) - 1 && !memcmp(text, name, sizeof(name) - 1)) {
            text += sizeof(name) - 1;
            n -= sizeof(name) - 1;
            *format = n == 3 && !memcmp(text, "xml", n)    ? FORMAT_XML
                      : n == 4 && !memcmp(text, "dump", n) ? FORMAT_DUMP
                                                           : FORMAT_JSON;
        }
        text = stop + 1;
    }
}

static void look_into_parts(format_t *format, const chat_teendevops_t *t)
{
    chat_call_t scratch = *t->call; /* the faults of the form were reported already */
    apr_table_t *form = chat_api_body_form(&scratch, t->req);
    const char *value = form ? apr_table_get(form, "format") : NULL;
    if (!value)
        return;
    value = apr_pstrcat(scratch.pool, "format=", value, NULL);
    look_for_format(format, value, strlen(value));
}

static format_t format_of(const chat_teendevops_t *t)
{
    const chat_request_t *req = t->req;
    format_t format = FORMAT_JSON;
    if (req && req->query)
        look_for_format(&format, req->query, strlen(req->query));
    if (req && chat_api_is_multipart(req))
        look_into_parts(&format, t);
    else if (req && chat_api_is_form(req))
        look_for_format(&format, req->body, req->body_len);
    return format;
}

static void begin_document(chat_writer_t *w, const chat_teendevops_t *t)
{
    chat_response_t *resp = t->resp;
    switch (format_of(t)) {
    case FORMAT_XML:
        resp->content_type = "application/xml";
        chat_writer_xml(w, &resp->body);
        break;
    case FORMAT_DUMP:
        resp->content_type = "text/plain;charset=UTF-8";
        chat_writer_dump(w, &resp->body);
        break;
    default:
        resp->content_type = "application/json";
        chat_writer_json(w, &resp->body, CHAT_JSON_ASCII | CHAT_JSON_ESCAPE_SLASH);
        break;
    }
    chat_write_object(w);
}

/* ---- cookies ---- */

/* The first value of NAME among the cookies that is shaped like a session's id, or NULL.
 */
static const char *find_cookie(const char *cookies, const char *name, apr_pool_t *pool)
{
    apr_size_t len = strlen(name);
    while (*cookies) {
        apr_size_t n;
        cookies += strspn(cookies, " \t;,");
        n = strcspn(cookies, ";,");
        if (n > len && !strncmp(cookies, name, len) && cookies[len] == '=') {
            const char *value = apr_pstrmemdup(pool, cookies + len + 1, n - len - 1);
            if (chat_anonymous_session_shaped(value))
                return value;
        }
        cookies += n;
    }
    return NULL;
}

static const char *session_of(const chat_request_t *req, apr_pool_t *pool)
{
    const char *cookies = req->header(req, "Cookie");
    const char *id = cookies ? find_cookie(cookies, COOKIE, pool) : NULL;
    if (req->stranger)
        return NULL;
    return !cookies || id ? id : find_cookie(cookies, COOKIE_FALLBACK, pool);
}

void chat_teendevops_give(const chat_teendevops_t *t, const char *id)
{
    const chat_request_t *req = t->req;
    int foreign = req && req->cross_site;
    char date[APR_RFC822_DATE_LEN];
    apr_rfc822_date(date,
                    t->call->now + apr_time_from_sec(CHAT_ANONYMOUS_SESSION_SECONDS));
    apr_table_setn(t->resp->headers, "Set-Cookie",
                   apr_psprintf(t->call->pool,
                                COOKIE
                                "=%s; expires=%s; Max-Age=%d; path=/; HttpOnly; %s%s",
                                id, date, CHAT_ANONYMOUS_SESSION_SECONDS,
                                foreign ? "SameSite=None" : "SameSite=Lax",
                                foreign || (req && req->secure) ? "; Secure" : ""));
}

static void give_new(const chat_teendevops_t *t)
{
    char id[CHAT_ANONYMOUS_SESSION_SIZE];
    if (t->session || apr_table_get(t->resp->headers, "Set-Cookie"))
        return;
    chat_anonymous_session_make(id, t->call);
    chat_teendevops_give(t, id);
}

void chat_teendevops_answer(chat_writer_t *w, const chat_teendevops_t *t, int success)
{
    if (t->resp->status < 400)
        give_new(t);
    begin_document(w, t);
    chat_write_member_bool(w, "success", success);
}

/* ---- answers that the client may have already ---- */

#define TAG_LEN 20

/* Whether LIST, an If-None-Match, has TAG. The suffix that a filter adds to the tag of an
 * answer that it changes ("-gzip") does not count. */
static int has_tag(const char *list, const char *tag)
{
    if (!strcmp(list, "*"))
        return 1;
    for (const char *p = strchr(list, '"'); p; p = strchr(p, '"')) {
        p++;
        if (!strncmp(p, tag, TAG_LEN) && (p[TAG_LEN] == '"' || p[TAG_LEN] == '-'))
            return 1;
        p += strcspn(p, "\"");
        p += *p == '"';
    }
    return 0;
}

int chat_teendevops_unchanged(const chat_teendevops_t *t, const char *state)
{
    chat_response_t *resp = t->resp;
    const char *list = t->req->header(t->req, "If-None-Match");
    char tag[CHAT_HASH_SIZE];
    if (t->req->method != CHAT_GET)
        return 0;
    state = apr_psprintf(t->call->pool, "%d %" APR_INT64_T_FMT " %s", format_of(t),
                         t->call->room, state);
    chat_hash_keyed(tag, &t->call->site->secret, "teendevops-tag", state, strlen(state));
    tag[TAG_LEN] = '\0';
    apr_table_setn(resp->headers, "ETag",
                   apr_pstrcat(t->call->pool, "\"", tag, "\"", NULL));
    apr_table_setn(resp->headers, "Cache-Control", "private, no-cache");
    resp->cacheable = 1;
    if (!list || !has_tag(list, tag))
        return 0;
    resp->status = 304;
    give_new(t);
    return 1;
}

/* ---- languages ---- */

/* docs/teendevops.md: its clients know no other. */
static const char *const languages[] = {
    "None",  "Java",        "C",       "C++",          "C#",          "Python",
    "PHP",   "NodeJS",      "Scratch", "Visual Basic", "HTML/CSS/JS", "Assembly",
    "Ruby",  "Perl",        "Pascal",  "Scala",        "Lua",         "D",
    "Swift", "Objective-C", "R",       "Go",           "SQL",
};

int chat_teendevops_language(const char *text)
{
    for (apr_size_t i = 0; i < sizeof(languages) / sizeof(*languages); i++) {
        if (!strcmp(text, languages[i]))
            return 1;
    }
    return 0;
}

const char *chat_teendevops_languages(apr_pool_t *pool)
{
    const char *all = languages[0];
    for (apr_size_t i = 1; i < sizeof(languages) / sizeof(*languages); i++)
        all = apr_pstrcat(pool, all, ", ", languages[i], NULL);
    return all;
}
