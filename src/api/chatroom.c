/* SPDX-License-Identifier: Apache-2.0 */
/* Chatroom API: answers to refusals, parameters, cookie. */
#include "api/chatroom.h"

#include "api/form.h"
#include "base/name.h"
#include "base/text.h"
#include "core/policy.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <string.h>

/* ---- refusals ---- */

/* A text of NULL is created from the problem's field, detail or number. */
static const chat_answer_t answers[CHAT_P_COUNT] = {
    [CHAT_P_MALFORMED] = {400, NULL, NULL},
    [CHAT_P_BAD_TEXT] = {400, NULL, NULL},
    [CHAT_P_MISSING] = {400, NULL, NULL},
    [CHAT_P_INVALID] = {400, NULL, NULL},
    [CHAT_P_TOO_LARGE] = {413, NULL, NULL},
    [CHAT_P_ENCODING] = {415, "Content-Encoding is not supported", NULL},
    [CHAT_P_TIMEOUT] = {408, "The request took too long", NULL},
    [CHAT_P_METHOD] = {405, "The method is not allowed for the requested URL.", NULL},
    [CHAT_P_NO_ENDPOINT] = {404, "The requested URL was not found on the server.", NULL},
    [CHAT_P_KEY_REUSED] =
        {422, "This Idempotency-Key was already used for a different request", NULL},
    [CHAT_P_RATE] = {429, "Too many requests, try again later!", NULL},
    [CHAT_P_THROTTLED] = {429, "Too many attempts, try again later!", NULL},
    [CHAT_P_UNAVAILABLE] = {503, "Service unavailable, try again later", NULL},
    [CHAT_P_DISK_FULL] = {507, "The server is out of disk space", NULL},
    [CHAT_P_INTERNAL] = {500, "Internal server error", NULL},
    [CHAT_P_NOT_LOGGED_IN] =
        {401, "Client not logged in. (Cookie or userID was invalid, or not sent)", NULL},
    [CHAT_P_CREDENTIALS] = {401, "Password is incorrect", NULL},
    [CHAT_P_NO_ACCOUNT] = {404, "User does not exist", NULL},
    [CHAT_P_NAME_TAKEN] = {400, "Username already in use", NULL},
    [CHAT_P_NAME_RULE] = {400, NULL, NULL},
    [CHAT_P_PASSWORD_RULE] = {400, NULL, NULL},
    [CHAT_P_PASSWORD_COMMON] = {400, "Password too common.", NULL},
    [CHAT_P_CLOSED_REGISTRATION] = {403, "Registration is closed", NULL},
    [CHAT_P_NO_ROOM] = {404, "Chatroom does not exist.", NULL},
    [CHAT_P_ROOM_CREATION_OFF] = {403, "Creating chatrooms is disabled on this server",
                                  NULL},
    [CHAT_P_NO_CHANNEL] = {404, "Channel does not exist", NULL},
    [CHAT_P_CHANNEL_TAKEN] = {400, "Channel name already in use", NULL},
    [CHAT_P_TOO_MANY] = {403, "There are too many channels", NULL},
    [CHAT_P_CHANNEL_NAME_RULE] = {400, NULL, NULL},
    [CHAT_P_NO_WRITE] = {403, "You do not have permission to write in this channel!",
                         NULL},
    [CHAT_P_MUTED] = {403, "You do not have permission to write in this channel!", NULL},
    [CHAT_P_EMERGENCY] = {403, "You do not have permission to write in this channel!",
                          NULL},
    [CHAT_P_NETWORK] = {403, "You do not have permission to perform this action.", NULL},
    [CHAT_P_NOT_OWNER] = {403, NULL, NULL},
    [CHAT_P_EMPTY] = {400, "Cannot send empty message", NULL},
    [CHAT_P_NO_INVITE] = {404, "Invite not found", NULL},
    [CHAT_P_INVITE_USED] = {403, "There are no more uses left on this invite", NULL},
    [CHAT_P_INVITE_EXPIRED] = {403, "Invite has expired", NULL},
};

static const char *password_text(const chat_problem_t *p, apr_pool_t *pool)
{
    if (!p->number)
        return "Password too long.";
    return apr_psprintf(
        pool,
        "Password too short. According to chatroom settings your password "
        "has to be at least %" APR_INT64_T_FMT " characters long.",
        p->number);
}

static const char *name_text(const chat_problem_t *p, apr_pool_t *pool)
{
    int account = p->code == CHAT_P_NAME_RULE;
    const char *field = account ? "username" : p->field;
    if (p->number > CHAT_NAME_CHARACTER)
        return apr_psprintf(pool, "Invalid %s: %s", field,
                            chat_name_reason((chat_name_t)p->number));
    return apr_psprintf(pool, "Invalid %s: it must be 1 to 64 %s", field,
                        account ? "letters, digits, '_', '.' or '-' of one script, with "
                                  "single spaces inside"
                                : "printable characters");
}

static const char *made_text(const chat_problem_t *p, apr_pool_t *pool)
{
    const char *field = p->field ? p->field : "request";
    switch (p->code) {
    case CHAT_P_MISSING:
        return apr_pstrcat(pool, "No value supplied for required field: ", field,
                           p->detail ? p->detail : "", NULL);
    case CHAT_P_INVALID:
        return p->detail ? p->detail
                         : apr_psprintf(pool, "Value for %s is not valid!", field);
    case CHAT_P_BAD_TEXT:
        return apr_psprintf(pool, "Value for %s is not valid text!", field);
    case CHAT_P_TOO_LARGE:
        return apr_psprintf(
            pool, "Message too long, the limit is %" APR_INT64_T_FMT " bytes", p->number);
    case CHAT_P_PASSWORD_RULE:
        return password_text(p, pool);
    case CHAT_P_NAME_RULE:
    case CHAT_P_CHANNEL_NAME_RULE:
        return name_text(p, pool);
    case CHAT_P_NOT_OWNER:
        return strcmp(field, "invite")
                   ? "You do not have permission to perform this action."
                   : "Permission denied: you do not have permission to create an invite";
    default:
        return apr_pstrcat(pool, "Failed to decode JSON object: ",
                           p->detail ? p->detail : "it is not JSON", NULL);
    }
}

/* Errors of the original's framework, not of the API, came in an object. */
static int is_framework(chat_problem_code_t code)
{
    return code == CHAT_P_MALFORMED || code == CHAT_P_METHOD ||
           code == CHAT_P_NO_ENDPOINT;
}

static void say(chat_response_t *resp, int status, const char *text, int object)
{
    chat_writer_t w;
    resp->status = status;
    resp->content_type = "application/json";
    chat_writer_json(&w, &resp->body, 0);
    if (object) {
        chat_write_object(&w);
        chat_write_member(&w, "message", text);
        chat_write_end(&w);
    }
    else {
        chat_write_string(&w, text);
    }
    chat_buffer_byte(&resp->body, '\n');
}

void chat_chatroom_refuse(chat_call_t *c, const chat_request_t *req,
                          chat_response_t *resp)
{
    const chat_problem_t *p = &c->problem;
    const chat_answer_t *a = chat_api_answer(answers, p);
    (void)req;
    if (p->code == CHAT_P_EMPTY && p->field && !strcmp(p->field, "body"))
        say(resp, 401, "no data sent", 0);
    else
        say(resp, a->status, a->text ? a->text : made_text(p, c->pool),
            is_framework(p->code));
}

/* ---- parameters ---- */

static apr_status_t parse_body(chat_visit_t *v)
{
    const char *why = NULL;
    chat_json_type_t type;
    apr_status_t rv;
    if (!v->req->body_len)
        return v->req->method == CHAT_POST
                   ? chat_call_refuse(v->call, CHAT_P_EMPTY, "body")
                   : APR_SUCCESS;
    rv = chat_json_parse(&v->body, &why, v->req->body, v->req->body_len, v->call->pool);
    if (rv == CHAT_MALFORMED)
        return chat_call_refuse_detail(v->call, CHAT_P_MALFORMED, NULL, why);
    if (rv != APR_SUCCESS)
        return rv;
    type = chat_json_type(v->body);
    if (type == CHAT_JSON_NULL ||
        ((type == CHAT_JSON_OBJECT || type == CHAT_JSON_ARRAY) &&
         !chat_json_count(v->body)))
        return v->req->method == CHAT_POST
                   ? chat_call_refuse(v->call, CHAT_P_EMPTY, "body")
                   : APR_SUCCESS;
    if (type != CHAT_JSON_OBJECT)
        return chat_call_refuse_detail(v->call, CHAT_P_MALFORMED, NULL,
                                       "it is a JSON value of another type");
    return APR_SUCCESS;
}

static apr_status_t parse(chat_visit_t *v)
{
    const chat_request_t *req = v->req;
    apr_status_t rv = parse_body(v);
    if (rv != APR_SUCCESS || req->method != CHAT_GET || !req->query)
        return rv;
    v->query = chat_api_form(v->call, req->query, strlen(req->query));
    return v->query ? APR_SUCCESS : CHAT_REFUSED;
}

/* HTTP libraries write header values in Latin-1 when they can. */
static const char *header_text(const char *value, apr_pool_t *pool)
{
    apr_size_t len = strlen(value);
    char *out, *to;
    if (chat_text_valid(value, len))
        return value;
    out = to = apr_palloc(pool, 2 * len + 1);
    for (; *value; value++) {
        unsigned char ch = (unsigned char)*value;
        if (ch < 0x80) {
            *to++ = (char)ch;
            continue;
        }
        *to++ = (char)(0xc0 | ch >> 6);
        *to++ = (char)(0x80 | (ch & 0x3f));
    }
    *to = '\0';
    return out;
}

const char *const chat_chatroom_headers[] = {
    "userID",    "username", "get-method",      "count", "time",
    "channelID", "uses",     "expiration-time", NULL,
};

static int travels_in_header(const char *name)
{
    for (const char *const *h = chat_chatroom_headers; *h; h++) {
        if (!strcmp(*h, name))
            return 1;
    }
    return 0;
}

const char *chat_visit_param(chat_visit_t *v, const char *name)
{
    const char *value = NULL;
    if (v->req->method == CHAT_GET) {
        value = travels_in_header(name) ? v->req->header(v->req, name) : NULL;
        if (value)
            return header_text(value, v->call->pool);
        value = v->query ? apr_table_get(v->query, name) : NULL;
    }
    return value ? value : chat_json_text(chat_json_member(v->body, name), v->call->pool);
}

void chat_visit_claim(const char **uuid, const char **name, chat_visit_t *v)
{
    const char *id = chat_visit_param(v, "userID");
    const char *called = chat_visit_param(v, "username");
    char canonical[CHAT_UUID_SIZE];
    *uuid = *name = NULL;
    if (!id || !*id)
        *name = called && *called ? called : NULL;
    else if (!strcmp(id, "0"))
        *uuid = "0";
    else if (chat_uuid_read(canonical, id))
        *uuid = apr_pstrdup(v->call->pool, canonical);
    else
        *name = id;
}

apr_status_t chat_visit_require(chat_visit_t *v, const char *const *names)
{
    for (; *names; names++) {
        const char *value = chat_visit_param(v, *names);
        if (!value || !*value)
            return chat_call_refuse(v->call, CHAT_P_MISSING, *names);
    }
    return APR_SUCCESS;
}

apr_status_t chat_visit_room(chat_visit_t *v)
{
    return chat_room_find(&v->entry.room, v->call, v->room);
}

apr_status_t chat_visit_invalid(chat_visit_t *v, const char *field, const char *text)
{
    apr_status_t rv = chat_auth_check(v->call, &v->auth);
    if (rv != APR_SUCCESS)
        return rv;
    return chat_call_refuse_detail(v->call, CHAT_P_INVALID, field, text);
}

/* Beyond this a double has no microseconds and the number no place in 64 bits. */
#define SECONDS_MAX 9e12

int chat_chatroom_time(apr_time_t *out, const char *text)
{
    double t;
    if (!chat_text_double(&t, text))
        return 0;
    if (t > SECONDS_MAX)
        t = SECONDS_MAX;
    if (t < -SECONDS_MAX)
        t = -SECONDS_MAX;
    t *= 1e6;
    *out = (apr_time_t)(t < 0 ? t - 0.5 : t + 0.5);
    return 1;
}

/* ---- the chatroom in the path, the cookie ---- */

static const char *skip(const char *p, int slashes)
{
    while (*p && (*p == '/') == slashes)
        p++;
    return p;
}

static int read_room(char out[CHAT_UUID_SIZE], const char *path, apr_pool_t *pool)
{
    const char *id = skip(skip(skip(path, 1), 0), 1);
    const char *end = skip(id, 0);
    return chat_uuid_read(out, apr_pstrmemdup(pool, id, (apr_size_t)(end - id)));
}

chat_owner_t chat_chatroom_owner(const chat_request_t *req, apr_pool_t *pool)
{
    char uuid[CHAT_UUID_SIZE];
    int own = chat_api_matches("/chatroom", req->path)
                  ? !req->method || req->method == CHAT_POST
                  : read_room(uuid, req->path, pool);
    return own ? CHAT_OWNER_DIALECT : CHAT_OWNER_EITHER;
}

/* The value of the cookie NAME, without quotes around it; NULL when there is none. */
static const char *find_cookie(const chat_visit_t *v, const char *name)
{
    const char *p = v->req->header(v->req, "Cookie");
    apr_size_t len = strlen(name);
    while (p && *p) {
        const char *end;
        while (*p == ';' || apr_isspace(*p))
            p++;
        end = p + strcspn(p, ";");
        if (!strncmp(p, name, len) && p[len] == '=') {
            p += len + 1;
            while (end > p && apr_isspace(end[-1]))
                end--;
            if (end - p >= 2 && *p == '"' && end[-1] == '"') {
                p++;
                end--;
            }
            return apr_pstrmemdup(v->call->pool, p, (apr_size_t)(end - p));
        }
        p = end;
    }
    return NULL;
}

static void read_auth(chat_visit_t *v)
{
    const char *cookie = NULL, *uuid, *name;
    char secret[CHAT_UUID_SIZE];
    cookie = find_cookie(v, v->room);
    if (cookie && v->req->stranger) {
        chat_call_refuse_origin(v->call, v->req->stranger);
        cookie = NULL;
    }
    chat_auth_session(&v->auth, v->call,
                      cookie && chat_uuid_parse(secret, cookie) ? secret : NULL);
    chat_visit_claim(&uuid, &name, v);
    v->auth.claim_name = name;
    /* a client without a name or id is anonymous */
    v->auth.claim_uuid = uuid || name ? uuid : "";
    v->auth.room_uuid = v->room;
    v->auth.entry = &v->entry;
}

apr_status_t chat_chatroom_run(const chat_route_t *route, chat_call_t *c,
                               const chat_request_t *req, chat_response_t *resp)
{
    chat_visit_t v = {.call = c, .req = req, .resp = resp};
    apr_status_t rv = parse(&v);
    if (rv != APR_SUCCESS)
        return rv;
    /* only the route that creates a chatroom has no id in its path */
    if (strchr(route->path, '*')) {
        if (!read_room(v.room, req->path, c->pool))
            return chat_call_refuse(c, CHAT_P_NO_ROOM, NULL);
        read_auth(&v);
    }
    return route->run.chatroom(&v);
}

void chat_visit_cookie(chat_visit_t *v, const char *room_uuid, const char *secret)
{
    const chat_request_t *req = v->req;
    const char *site = req->cross_site ? "None" : "Lax";
    apr_table_addn(v->resp->headers, "Set-Cookie",
                   apr_pstrcat(v->call->pool, room_uuid, "=", secret,
                               "; Path=/; HttpOnly; SameSite=", site,
                               req->secure || req->cross_site ? "; Secure" : "", NULL));
}

/* ---- answers ---- */

void chat_visit_answer(chat_writer_t *w, chat_visit_t *v)
{
    v->resp->status = 200;
    v->resp->content_type = "application/json";
    chat_writer_json(w, &v->resp->body, 0);
}

const char *chat_chatroom_user(const chat_room_t *room, apr_int64_t account,
                               const char *uuid)
{
    return !uuid || (room->owner && account == room->owner) ? "0" : uuid;
}

void chat_chatroom_channel(chat_writer_t *w, const chat_channel_t *ch,
                           const chat_entry_t *entry)
{
    int rights = chat_policy_rights(&entry->who, ch, entry->room.owner);
    chat_write_object(w);
    chat_write_member(w, "channel_name", ch->name);
    chat_write_member(w, "channelID", ch->uuid);
    chat_write_member_bool(w, "public", ch->public);
    chat_write_member_object(w, "permissions");
    chat_write_member_bool(w, "r", (rights & CHAT_READ) != 0);
    chat_write_member_bool(w, "w", (rights & CHAT_WRITE) != 0);
    chat_write_member_bool(w, "x", (rights & CHAT_ADMIN) != 0);
    chat_write_end(w);
    chat_write_end(w);
}

void chat_chatroom_channels(chat_writer_t *w, const chat_channels_t *channels,
                            const chat_entry_t *entry)
{
    chat_write_array(w);
    for (int i = 0; i < channels->n; i++)
        chat_chatroom_channel(w, &channels->list[i], entry);
    chat_write_end(w);
}
