/* SPDX-License-Identifier: Apache-2.0
 * kinglet.h - parts of the Kinglet API v1 that its files share.
 *
 * Implements the document "Kinglet API" and what its clients depend on; decided details
 * are in the manual's page docs/kinglet.md. Every answer is one JSON object on one line
 * without a line break at its end, and its `status` is the HTTP status.
 */
#ifndef CHAT_API_KINGLET_H
#define CHAT_API_KINGLET_H

#include "api/api.h"
#include "api/kinglet_text.h"
#include "core/conversation.h"
#include "core/email.h"
#include "core/email_account.h"
#include "core/email_session.h"
#include "render/json.h"
#include "render/writer.h"

#define CHAT_KINGLET_TEXT_MAX 300 /* characters of a message */
#define CHAT_KINGLET_SEGMENTS 9

/* One parsed request. */
typedef struct chat_kinglet_t {
    chat_call_t *call;
    const chat_request_t *req;
    chat_response_t *resp;
    const char *segment[CHAT_KINGLET_SEGMENTS]; /* of the path, without the credentials */
    int n;
    const char *user_id, *user_name, *session_id; /* as shown; each may be NULL */
    int named;                                    /* user_id is a number above 0 */
    chat_auth_t auth;
    const chat_json_t *json; /* the object of the body or of its field `json`, or NULL */
    const char *why;         /* what is wrong with it when it is NULL */
} chat_kinglet_t;

/* Of the dialect's record. `run` refuses text that is not UTF-8. */
apr_status_t chat_kinglet_run(const chat_route_t *route, chat_call_t *c,
                              const chat_request_t *req, chat_response_t *resp);
void chat_kinglet_refuse(chat_call_t *c, const chat_request_t *req,
                         chat_response_t *resp);

chat_owner_t chat_kinglet_owner(const chat_request_t *req, apr_pool_t *pool);

/* Refuses requests without a user's number. */
apr_status_t chat_kinglet_need_user(const chat_kinglet_t *k);
/* Refuses requests without a JSON object. */
apr_status_t chat_kinglet_need_json(const chat_kinglet_t *k);
/* Both; invalid credentials are reported before a fault of the object. */
apr_status_t chat_kinglet_need_both(const chat_kinglet_t *k);

/* Member FIELD as text, "" when it is missing or none. */
const char *chat_kinglet_field(const chat_kinglet_t *k, const char *field);
/* Whether the path is `NAME` at place I and the last. */
int chat_kinglet_ends(const chat_kinglet_t *k, int i, const char *name);

/* An error's answer. */
typedef struct chat_kinglet_error_t {
    int status;
    int number; /* status is written as a number, else as a string */
    const char *user, *system;
    const char *message_text;   /* echoed when it is not NULL */
    const char *request_status; /* likewise */
} chat_kinglet_error_t;
apr_status_t chat_kinglet_fail(chat_response_t *resp, const chat_kinglet_error_t *e);
/* The same with the status as a string. */
apr_status_t chat_kinglet_wrong(chat_response_t *resp, int status, const char *user,
                                const char *system);
/* The same for a client with valid credentials; otherwise refuses the credentials. */
apr_status_t chat_kinglet_wrong_for(const chat_kinglet_t *k,
                                    const chat_kinglet_error_t *e);

/* Begins an answer's object; `description` is the caller's. */
void chat_kinglet_open(chat_writer_t *w, chat_response_t *resp, int status);
/* Begins an answer that has status and description in front. */
void chat_kinglet_answer(chat_writer_t *w, chat_response_t *resp, int status);
void chat_kinglet_member_text(chat_writer_t *w, const char *key, apr_int64_t n);

#define CHAT_DATE_SIZE 32
/* "Jan 16, 2014", with WITH_TIME "Jan 17, 2014 at 06:03:54 PM"; UTC. */
void chat_kinglet_date(char out[CHAT_DATE_SIZE], apr_time_t t, int with_time);
/* "5 mins ago" below a day, else the date. */
void chat_kinglet_ago(char out[CHAT_DATE_SIZE], apr_time_t t, apr_time_t now);

/* The routes, as in api/dialects.h. A path may end in three segments with the
 * credentials, in one of two orders, and only the store can tell some of them from the
 * path's own. So a route says how a path begins, and the endpoint looks at the rest of
 * it. */
/* clang-format off */
#define CHAT_KINGLET_ROUTES(R) \
R("/messages/**", READ, BODY | CREATES, messages) \
R("/users/activate/**", ANY, BODY | UNSAFE, users) \
R("/users/*/logout/**", ANY, BODY | UNSAFE, users) \
R("/users/**", ANY, BODY | CREATES, users) \
R("/lists/requests/**", CHAT_GET, BODY, lists) \
R("/lists/**", CHAT_GET, BODY | UNSAFE, lists) \
R("/time/**", CHAT_GET, 0, time)
/* clang-format on */

#define CHAT_KINGLET_ENDPOINT(path, methods, flags, name) \
    apr_status_t chat_kinglet_##name(chat_kinglet_t *k);
CHAT_KINGLET_ROUTES(CHAT_KINGLET_ENDPOINT)

/* kinglet_send.c: a new message, a reply to number PARENT. */
apr_status_t chat_kinglet_say(chat_kinglet_t *k);
apr_status_t chat_kinglet_reply(chat_kinglet_t *k, apr_int64_t parent);
/* The digest by which a reply shows that it knows the message with that id. */
void chat_kinglet_digest(char out[CHAT_DIGEST_SIZE], const chat_call_t *c,
                         apr_int64_t id);

#endif
