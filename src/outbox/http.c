/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP requests over libcurl, many at a time. */
#include "outbox/http.h"

#include "base/address.h"
#include "base/buffer.h"
#include "base/text.h"

#include <apr_strings.h>
#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

#define USER_AGENT "DiscordBot (https://httpd.apache.org/, 1.0) mod_chat"
#define CONNECTIONS_MAX 16

typedef struct transfer_t transfer_t;

struct chat_http_t {
    CURLM *multi;
    transfer_t *first; /* all that are under way */
};

struct transfer_t {
    transfer_t *next;
    chat_http_request_t request;
    CURL *curl;
    struct curl_slist *headers, *place;
    chat_buffer_t body;
    chat_http_answer_t answer;
};

apr_status_t chat_http_init(void)
{
    return curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK ? APR_SUCCESS : APR_EGENERAL;
}

apr_status_t chat_http_create(chat_http_t **out, apr_pool_t *pool)
{
    chat_http_t *http = apr_pcalloc(pool, sizeof(*http));
    http->multi = curl_multi_init();
    if (!http->multi)
        return APR_ENOMEM;
    curl_multi_setopt(http->multi, CURLMOPT_MAX_HOST_CONNECTIONS, (long)CONNECTIONS_MAX);
    curl_multi_setopt(http->multi, CURLMOPT_MAXCONNECTS, (long)CONNECTIONS_MAX);
    *out = http;
    return APR_SUCCESS;
}

static apr_size_t take_body(char *data, apr_size_t one, apr_size_t n, void *baton)
{
    transfer_t *t = baton;
    (void)one;
    chat_buffer_add(&t->body, data, n);
    return t->body.overflow ? 0 : n;
}

static apr_size_t take_header(char *data, apr_size_t one, apr_size_t n, void *baton)
{
    transfer_t *t = baton;
    char *line = apr_pstrmemdup(t->request.pool, data, n), *value = strchr(line, ':');
    (void)one;
    if (!value)
        return n;
    *value++ = '\0';
    value += strspn(value, " \t");
    value[strcspn(value, "\r\n")] = '\0';
    apr_table_addn(t->answer.headers, line, value);
    return n;
}

static double number_of(const chat_http_answer_t *a, const char *name)
{
    const char *value = apr_table_get(a->headers, name);
    double n;
    return value && chat_text_double(&n, value) && n >= 0 ? n : -1;
}

static void read_headers(chat_http_answer_t *a)
{
    const char *global = apr_table_get(a->headers, "X-RateLimit-Global");
    a->retry_after = number_of(a, "Retry-After");
    a->remaining = number_of(a, "X-RateLimit-Remaining");
    a->reset_after = number_of(a, "X-RateLimit-Reset-After");
    a->global = global && !strcasecmp(global, "true");
}

static void set_safety(CURL *curl, const chat_http_request_t *r)
{
    const char *authorities = getenv("CURL_CA_BUNDLE");
    int here = r->connect || chat_address_is_loopback(r->url);
#if LIBCURL_VERSION_NUM >= 0x075500
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, here ? "http,https" : "https");
#else
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS,
                     (long)(here ? CURLPROTO_HTTP | CURLPROTO_HTTPS : CURLPROTO_HTTPS));
#endif
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, r->connect ? 0L : 1L);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, r->connect ? 0L : 2L);
    curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    if (authorities && *authorities)
        curl_easy_setopt(curl, CURLOPT_CAINFO, authorities);
    if (here)
        curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
}

static int add_header(transfer_t *t, const char *line)
{
    struct curl_slist *more = curl_slist_append(t->headers, line);
    if (more)
        t->headers = more;
    return more != NULL;
}

static int add_headers(transfer_t *t)
{
    const chat_http_request_t *r = &t->request;
    const char *type = r->type ? r->type : "application/json";
    int good = add_header(t, "Expect:");
    if (r->body)
        good &= add_header(t, apr_pstrcat(r->pool, "Content-Type: ", type, NULL));
    if (r->authorization)
        good &= add_header(
            t, apr_pstrcat(r->pool, "Authorization: ", r->authorization, NULL));
    for (const char *const *line = r->headers; line && *line; line++)
        good &= add_header(t, *line);
    return good;
}

static int set_place(transfer_t *t)
{
    const chat_http_request_t *r = &t->request;
    if (!r->connect)
        return 1;
    if (*r->connect == '/')
        return curl_easy_setopt(t->curl, CURLOPT_UNIX_SOCKET_PATH, r->connect) ==
               CURLE_OK;
    t->place = curl_slist_append(NULL, apr_pstrcat(r->pool, "::", r->connect, NULL));
    return t->place &&
           curl_easy_setopt(t->curl, CURLOPT_CONNECT_TO, t->place) == CURLE_OK;
}

static int prepare(transfer_t *t)
{
    const chat_http_request_t *r = &t->request;
    CURL *curl = t->curl;
    if (!add_headers(t) || !set_place(t))
        return 0;
    set_safety(curl, r);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, t->headers);
    if (r->body)
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, r->body);
    curl_easy_setopt(curl, CURLOPT_USERAGENT, USER_AGENT);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)CHAT_HTTP_CONNECT_MS);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)CHAT_HTTP_TIMEOUT_MS);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, t);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, t);
    return curl_easy_setopt(curl, CURLOPT_URL, r->url) == CURLE_OK;
}

static void release(transfer_t *t)
{
    curl_easy_cleanup(t->curl);
    curl_slist_free_all(t->headers);
    curl_slist_free_all(t->place);
}

void chat_http_destroy(chat_http_t *http)
{
    for (transfer_t *t = http->first; t; t = t->next) {
        curl_multi_remove_handle(http->multi, t->curl);
        release(t);
    }
    curl_multi_cleanup(http->multi);
}

apr_status_t chat_http_start(chat_http_t *http, const chat_http_request_t *request)
{
    transfer_t *t = apr_pcalloc(request->pool, sizeof(*t));
    t->request = *request;
    t->answer.headers = apr_table_make(request->pool, 8);
    chat_buffer_init(&t->body, 1024, CHAT_HTTP_MAX, request->pool);
    t->curl = curl_easy_init();
    if (!t->curl)
        return APR_EGENERAL;
    if (!prepare(t) || curl_multi_add_handle(http->multi, t->curl) != CURLM_OK) {
        release(t);
        return APR_EGENERAL;
    }
    t->next = http->first;
    http->first = t;
    return APR_SUCCESS;
}

/* Whether anything was written to the other side but the TLS handshake. */
static int was_sent(CURL *curl)
{
    curl_off_t bytes = 0;
    long request = 0;
    curl_easy_getinfo(curl, CURLINFO_SIZE_UPLOAD_T, &bytes);
    curl_easy_getinfo(curl, CURLINFO_REQUEST_SIZE, &request);
    return bytes > 0 || request > 0;
}

static void complete(chat_http_t *http, transfer_t *t, CURLcode code)
{
    chat_http_answer_t *a = &t->answer;
    transfer_t **link = &http->first;
    while (*link != t)
        link = &(*link)->next;
    *link = t->next;
    a->reached = was_sent(t->curl);
    read_headers(a);
    if (code == CURLE_OK)
        curl_easy_getinfo(t->curl, CURLINFO_RESPONSE_CODE, &a->status);
    else if (t->body.overflow)
        a->error = "the answer is too long";
    else
        a->error = curl_easy_strerror(code);
    a->body = chat_buffer_text(&t->body);
    a->len = t->body.len;
    curl_multi_remove_handle(http->multi, t->curl);
    release(t);
    t->request.done(t->request.baton, a);
}

void chat_http_run(chat_http_t *http, int wait)
{
    CURLMsg *m;
    int running, left;
    curl_multi_perform(http->multi, &running);
    while ((m = curl_multi_info_read(http->multi, &left)) != NULL) {
        CURLcode code = m->data.result;
        transfer_t *t = http->first;
        if (m->msg != CURLMSG_DONE)
            continue;
        while (t->curl != m->easy_handle)
            t = t->next;
        complete(http, t, code);
        wait = 0;
    }
    if (wait)
        curl_multi_poll(http->multi, NULL, 0, wait, NULL);
}

void chat_http_wake(chat_http_t *http)
{
    curl_multi_wakeup(http->multi);
}
