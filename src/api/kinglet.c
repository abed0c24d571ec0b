/* SPDX-License-Identifier: Apache-2.0 */
/* Kinglet API v1: parsing of requests, errors, dates. */
#include "api/kinglet.h"

#include "api/form.h"
#include "base/text.h"
#include "core/sessions.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <string.h>

static const char *description(int status)
{
    static const struct {
        int status;
        const char *text;
    } texts[] = {
        {200, "OK"},
        {201, "Created"},
        {400, "Bad Request"},
        {401, "Not Authorized"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {408, "Request Timeout"},
        {413, "Request Entity Too Large"},
        {415, "Unsupported Media Type"},
        {422, "Unprocessable Entity"},
        {429, "Too Many Requests"},
        {503, "Service Unavailable"},
        {507, "Insufficient Storage"},
    };

    for (apr_size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        if (texts[i].status == status)
            return texts[i].text;
    }
    return "Internal Server Error";
}

void chat_kinglet_open(chat_writer_t *w, chat_response_t *resp, int status)
{
    resp->status = status;
    resp->content_type = "application/json; charset=utf-8";
    chat_writer_json(w, &resp->body, 0);
    chat_write_object(w);
}

void chat_kinglet_answer(chat_writer_t *w, chat_response_t *resp, int status)
{
    chat_kinglet_open(w, resp, status);
    chat_write_member_int(w, "status", status);
    chat_write_member(w, "description", description(status));
}

void chat_kinglet_member_text(chat_writer_t *w, const char *key, apr_int64_t n)
{
    char text[CHAT_INT_SIZE];
    chat_int_text(text, n);
    chat_write_member(w, key, text);
}

apr_status_t chat_kinglet_fail(chat_response_t *resp, const chat_kinglet_error_t *e)
{
    chat_writer_t w;
    chat_kinglet_open(&w, resp, e->status);
    if (e->number)
        chat_write_member_int(&w, "status", e->status);
    else
        chat_kinglet_member_text(&w, "status", e->status);
    chat_write_member(&w, "description", description(e->status));
    chat_write_member(&w, "user_message", e->user);
    chat_write_member(&w, "system_message", e->system);
    if (e->message_text)
        chat_write_member(&w, "message_text", e->message_text);
    if (e->request_status)
        chat_write_member(&w, "request_status", e->request_status);
    return chat_write_finish(&w);
}

apr_status_t chat_kinglet_wrong(chat_response_t *resp, int status, const char *user,
                                const char *system)
{
    chat_kinglet_error_t e = {.status = status, .user = user, .system = system};
    return chat_kinglet_fail(resp, &e);
}

apr_status_t chat_kinglet_wrong_for(const chat_kinglet_t *k,
                                    const chat_kinglet_error_t *e)
{
    chat_identity_t who;
    apr_status_t rv = chat_kinglet_need_user(k);
    if (rv == APR_SUCCESS)
        rv = chat_account_whoami(&who, k->call, &k->auth);
    return rv == APR_SUCCESS ? chat_kinglet_fail(k->resp, e) : rv;
}

/* ---- refusals that every call may meet ---- */

static const chat_answer_t answers[CHAT_P_COUNT] = {
    [CHAT_P_NOT_LOGGED_IN] = {403, "Invalid access.", "User could not authenticate."},
    [CHAT_P_NETWORK] = {403, "Invalid access.", "The network is not allowed."},
    [CHAT_P_CREDENTIALS] = {404, "Invalid login.",
                            "Username or password was not found in database."},
    [CHAT_P_MALFORMED] = {400, "Invalid data.", NULL},
    [CHAT_P_BAD_TEXT] = {400, "Invalid data.", NULL},
    [CHAT_P_MISSING] = {400, "Invalid data.", NULL},
    [CHAT_P_INVALID] = {400, "Invalid data.", NULL},
    [CHAT_P_NAME_RULE] = {400, "Invalid Input",
                          "Username must contain fewer than 31 characters, and only "
                          "letters, numbers, and "
                          "underscores are allowed. <br />\n"},
    [CHAT_P_NAME_TAKEN] = {400, "CreateUser - Error creating account.", NULL},
    [CHAT_P_EMAIL_TAKEN] = {400, "CreateUser - Error creating account.", NULL},
    [CHAT_P_ACTIVATION] = {400, "ActivateAccount - Error activating account",
                           "Invalid data given or account does not exist."},
    [CHAT_P_CLOSED_REGISTRATION] = {403, "CreateUser - Error creating account.",
                                    "Registration is closed."},
    [CHAT_P_PASSWORD_RULE] = {400, "Invalid data.", "Password is too long. "},
    [CHAT_P_PASSWORD_COMMON] = {400, "Invalid data.", "Password is too common. "},
    [CHAT_P_NO_MESSAGE] = {404, "Message unavailable.", "Message ID not found"},
    [CHAT_P_TOO_LARGE] = {413, "Invalid data.", NULL},
    [CHAT_P_ENCODING] = {415, "Invalid data.", "Content-Encoding is not supported."},
    [CHAT_P_TIMEOUT] = {408, "Invalid data.", "The request took too long."},
    [CHAT_P_METHOD] = {405, "Invalid request.", "Method is not supported."},
    [CHAT_P_KEY_REUSED] =
        {422, "Invalid request.",
         "This Idempotency-Key was already used for a different request."},
    [CHAT_P_RATE] = {429, "Too many requests, try again later!",
                     "Too many requests, try again later!"},
    [CHAT_P_THROTTLED] = {429, "Too many attempts, try again later!",
                          "Too many attempts, try again later!"},
    [CHAT_P_UNAVAILABLE] = {503, "Service unavailable, try again later!",
                            "The database is busy or unreachable."},
    [CHAT_P_INTERNAL] = {500, "Internal error.", "The server could not do this."},
    [CHAT_P_DISK_FULL] = {507, "Service unavailable, try again later!",
                          "The server is out of disk space."},
};

static const char *made_text(const chat_problem_t *p, apr_pool_t *pool)
{
    const char *field = p->field ? p->field : "request";
    switch (p->code) {
    case CHAT_P_NAME_TAKEN:
    case CHAT_P_EMAIL_TAKEN:
        return apr_psprintf(pool, " '%s'  already exists.", p->detail);
    case CHAT_P_MISSING:
        return apr_psprintf(pool, "%s is missing.", field);
    case CHAT_P_INVALID:
        return apr_psprintf(pool, "%s is not valid.", field);
    case CHAT_P_BAD_TEXT:
        return apr_psprintf(pool, "%s is not valid text.", field);
    case CHAT_P_TOO_LARGE:
        return apr_psprintf(pool, "Too long, the limit is %" APR_INT64_T_FMT " bytes.",
                            p->number);
    default:
        return apr_pstrcat(pool, "JSON is missing or broken: ",
                           p->detail ? p->detail : "it is not an object", NULL);
    }
}

static void refuse_path(chat_call_t *c, chat_response_t *resp)
{
    const char *p = c->problem.detail ? c->problem.detail : "";
    chat_kinglet_error_t e = {
        .status = 404, .number = 1, .system = "It's not supported."};
    p += strspn(p, "/");
    p = apr_pstrmemdup(c->pool, p, strcspn(p, "/"));
    if (!chat_text_valid(p, strlen(p)))
        p = "";
    e.user = apr_psprintf(c->pool, "Invalid function: %s.", p);
    chat_kinglet_fail(resp, &e);
}

void chat_kinglet_refuse(chat_call_t *c, const chat_request_t *req, chat_response_t *resp)
{
    const chat_problem_t *p = &c->problem;
    const chat_answer_t *a = chat_api_answer(answers, p);
    chat_kinglet_error_t e = {.status = a->status, .user = a->text};
    (void)req;
    if (p->code == CHAT_P_NO_ENDPOINT) {
        refuse_path(c, resp);
        return;
    }
    e.system = a->detail ? a->detail : made_text(p, c->pool);
    e.number = p->code == CHAT_P_NOT_LOGGED_IN;
    /* a missing number is reported before a session that does not fit */
    if (p->code == CHAT_P_NOT_LOGGED_IN && p->field) {
        e.status = 401;
        e.system = "User not logged in.";
    }
    chat_kinglet_fail(resp, &e);
}

/* ---- parsing of requests ---- */

static int numeric(const char *s)
{
    return *s && !s[strspn(s, "0123456789")];
}

static void split_path(chat_kinglet_t *k, const char *path, apr_pool_t *pool)
{
    k->n = 0;
    for (path += strspn(path, "/"); *path; path += strspn(path, "/")) {
        apr_size_t len = strcspn(path, "/");
        /* one segment too many is kept, so that no path of that length is found */
        if (k->n == CHAT_KINGLET_SEGMENTS)
            return;
        k->segment[k->n++] = apr_pstrmemdup(pool, path, len);
        path += len;
    }
}

/* SESSION/ID/NAME or NAME/ID/SESSION at the end of the path. Our session ids have 22
 * characters; only when both could be one the store has to decide. */
static void path_credentials(chat_kinglet_t *k, chat_call_t *c)
{
    const char **s;
    if (k->n < 4)
        return;
    s = &k->segment[k->n - 3];
    if (!numeric(s[1]))
        return;
    k->n -= 3;
    k->user_id = s[1];
    if (strlen(s[0]) != CHAT_DIGEST_LEN ||
        (strlen(s[2]) == CHAT_DIGEST_LEN && chat_session_known(c, s[2]))) {
        k->user_name = s[0];
        k->session_id = s[2];
    }
    else {
        k->session_id = s[0];
        k->user_name = s[2];
    }
}

/* ---- what is Kinglet's of a prefix that it shares ---- */

/* What the documents name, and the methods that need no credentials or have them in the
 * body: then the request is Kinglet's. */
static const struct {
    const char *path;
    int methods;
} documented[] = {
    {"/messages", CHAT_POST},
    {"/messages/*", 0},
    {"/messages/*/replies", CHAT_POST},
    {"/messages/page/*", 0},
    {"/messages/since/*", 0},
    {"/messages/threads/*", 0},
    {"/messages/threads/page/*", 0},
    {"/users", CHAT_POST | CHAT_PUT},
    {"/users/login", CHAT_POST},
    {"/users/password", CHAT_POST | CHAT_PUT},
    {"/users/*", 0},
    {"/users/activate/*", CHAT_GET},
    {"/users/*/logout", 0},
    {"/lists/requests", 0},
    {"/lists/request/*", 0},
    {"/lists/approve/*", 0},
    {"/lists/reject/*", 0},
    {"/time", CHAT_GET},
};

static int has_parameter(const char *query, const char *name)
{
    const char *p = query;
    while (p && (p = strstr(p, name))) {
        if (p == query || p[-1] == '&')
            return 1;
        p++;
    }
    return 0;
}

chat_owner_t chat_kinglet_owner(const chat_request_t *req, apr_pool_t *pool)
{
    chat_kinglet_t k;
    split_path(&k, req->path, pool);
    if (has_parameter(req->query, "user_id=") ||
        has_parameter(req->query, "session_id=") ||
        (k.n >= 4 && numeric(k.segment[k.n - 2])))
        return CHAT_OWNER_DIALECT;
    for (apr_size_t i = 0; i < sizeof(documented) / sizeof(*documented); i++) {
        int methods = documented[i].methods;
        /* a preflight asks for a method that follows */
        if (chat_api_matches(documented[i].path, req->path))
            return (req->method ? methods & req->method : methods) ? CHAT_OWNER_DIALECT
                                                                   : CHAT_OWNER_EITHER;
    }
    return CHAT_OWNER_SITE;
}

/* ---- */

static int form_credentials(chat_kinglet_t *k, const apr_table_t *form)
{
    if (!apr_table_get(form, "user_id") && !apr_table_get(form, "session_id"))
        return 0;
    k->user_id = apr_table_get(form, "user_id");
    k->user_name = apr_table_get(form, "user_name");
    k->session_id = apr_table_get(form, "session_id");
    return 1;
}

static apr_status_t parse_json(chat_kinglet_t *k, chat_call_t *c, const char *text,
                               apr_size_t len)
{
    apr_status_t rv = chat_json_parse(&k->json, &k->why, text, len, c->pool);
    if (rv == CHAT_MALFORMED) {
        k->json = NULL;
        return APR_SUCCESS;
    }
    if (rv == APR_SUCCESS && chat_json_type(k->json) != CHAT_JSON_OBJECT) {
        k->json = NULL;
        k->why = "it is not an object";
    }
    return rv;
}

/* JSON as the body, or a form with it in the field `json`; *FORM is the form. */
static apr_status_t read_body(chat_kinglet_t *k, chat_call_t *c,
                              const chat_request_t *req, apr_table_t **form)
{
    const char *text = req->body + strspn(req->body, " \t\r\n");
    *form = NULL;
    k->why = "it is missing";
    if (!req->body_len)
        return APR_SUCCESS;
    if (*text && strchr("{[\"", *text))
        return parse_json(k, c, req->body, req->body_len);
    *form = chat_api_body_form(c, req);
    if (!*form)
        return CHAT_REFUSED;
    text = apr_table_get(*form, "json");
    return text ? parse_json(k, c, text, strlen(text)) : APR_SUCCESS;
}

static void json_credentials(chat_kinglet_t *k, apr_pool_t *pool)
{
    if (!k->json || !chat_json_member(k->json, "session_id"))
        return;
    k->user_id = chat_json_text(chat_json_member(k->json, "user_id"), pool);
    k->user_name = chat_json_text(chat_json_member(k->json, "user_name"), pool);
    k->session_id = chat_json_text(chat_json_member(k->json, "session_id"), pool);
}

/* Parses the request; refuses text that is not UTF-8. */
static apr_status_t begin(chat_kinglet_t *k)
{
    chat_call_t *c = k->call;
    const chat_request_t *req = k->req;
    apr_table_t *query = NULL, *form;
    apr_int64_t number = 0;
    apr_status_t rv;
    split_path(k, req->path, c->pool);
    rv = read_body(k, c, req, &form);
    if (rv != APR_SUCCESS)
        return rv;
    if (req->query)
        query = chat_api_form(c, req->query, strlen(req->query));
    if (req->query && !query)
        return CHAT_REFUSED;
    if (!(form && form_credentials(k, form)) && !(query && form_credentials(k, query))) {
        path_credentials(k, c);
        if (!k->user_id)
            json_credentials(k, c->pool);
    }
    chat_auth_session(&k->auth, c, k->session_id);
    k->auth.claim_name = k->user_name ? k->user_name : "";
    k->named = k->user_id && chat_text_int64(&number, k->user_id) && number > 0;
    k->auth.claim_number = number;
    return APR_SUCCESS;
}

apr_status_t chat_kinglet_run(const chat_route_t *route, chat_call_t *c,
                              const chat_request_t *req, chat_response_t *resp)
{
    chat_kinglet_t k = {.call = c, .req = req, .resp = resp};
    apr_status_t rv = route->flags & CHAT_ROUTE_BODY ? begin(&k) : APR_SUCCESS;
    return rv == APR_SUCCESS ? route->run.kinglet(&k) : rv;
}

apr_status_t chat_kinglet_need_user(const chat_kinglet_t *k)
{
    return k->named ? APR_SUCCESS
                    : chat_call_refuse(k->call, CHAT_P_NOT_LOGGED_IN, "user_id");
}

apr_status_t chat_kinglet_need_json(const chat_kinglet_t *k)
{
    return k->json ? APR_SUCCESS
                   : chat_call_refuse_detail(k->call, CHAT_P_MALFORMED, NULL, k->why);
}

apr_status_t chat_kinglet_need_both(const chat_kinglet_t *k)
{
    chat_identity_t who;
    apr_status_t rv = chat_kinglet_need_user(k);
    if (rv != APR_SUCCESS || k->json)
        return rv;
    rv = chat_account_whoami(&who, k->call, &k->auth);
    return rv == APR_SUCCESS ? chat_kinglet_need_json(k) : rv;
}

const char *chat_kinglet_field(const chat_kinglet_t *k, const char *field)
{
    const char *text = chat_json_text(chat_json_member(k->json, field), k->call->pool);
    return text ? text : "";
}

int chat_kinglet_ends(const chat_kinglet_t *k, int i, const char *name)
{
    return k->n == i + 1 && !strcmp(k->segment[i], name);
}

void chat_kinglet_digest(char out[CHAT_DIGEST_SIZE], const chat_call_t *c, apr_int64_t id)
{
    chat_secret_digest(out, &c->site->secret, "content",
                       apr_psprintf(c->pool, "%" APR_INT64_T_FMT, id));
}

/* ---- dates ---- */

void chat_kinglet_date(char out[CHAT_DATE_SIZE], apr_time_t t, int with_time)
{
    apr_time_exp_t x;
    int hour;
    apr_time_exp_gmt(&x, t);
    hour = x.tm_hour % 12 ? x.tm_hour % 12 : 12;
    if (with_time)
        apr_snprintf(out, CHAT_DATE_SIZE, "%s %02d, %d at %02d:%02d:%02d %s",
                     apr_month_snames[x.tm_mon], x.tm_mday, x.tm_year + 1900, hour,
                     x.tm_min, x.tm_sec, x.tm_hour < 12 ? "AM" : "PM");
    else
        apr_snprintf(out, CHAT_DATE_SIZE, "%s %02d, %d", apr_month_snames[x.tm_mon],
                     x.tm_mday, x.tm_year + 1900);
}

void chat_kinglet_ago(char out[CHAT_DATE_SIZE], apr_time_t t, apr_time_t now)
{
    int past =
        t < now && now - t < apr_time_from_sec(86400) ? (int)apr_time_sec(now - t) : 0;
    if (now - t >= apr_time_from_sec(86400))
        chat_kinglet_date(out, t, 0);
    else if (past < 60)
        apr_snprintf(out, CHAT_DATE_SIZE, "%d secs ago", past);
    else if (past < 3600)
        apr_snprintf(out, CHAT_DATE_SIZE, "%d min%s ago", past / 60,
                     past < 120 ? "" : "s");
    else
        apr_snprintf(out, CHAT_DATE_SIZE, "%d hr%s ago", past / 3600,
                     past < 7200 ? "" : "s");
}

apr_status_t chat_kinglet_time(chat_kinglet_t *k)
{
    chat_writer_t w;
    chat_kinglet_answer(&w, k->resp, 200);
    chat_write_member_int(&w, "server_epoch_seconds", apr_time_sec(k->call->now));
    return chat_write_finish(&w);
}
