/* SPDX-License-Identifier: Apache-2.0
 * chatroom.h - parts of the Chatroom API that its files share.
 *
 * Implements the document "Chatroom API": many isolated chatrooms, each named by its UUID
 * in the path. GET parameters travel in headers, POST parameters in a JSON body; the
 * session is a cookie named by the chatroom; errors are bare JSON strings. What the
 * document leaves open is decided in the manual's page docs/chatroom.md.
 */
#ifndef CHAT_API_CHATROOM_H
#define CHAT_API_CHATROOM_H

#include "api/api.h"
#include "core/rooms.h"
#include "render/json.h"
#include "render/writer.h"

/* One request, its parameters and what it showed of itself. */
typedef struct chat_visit_t {
    chat_call_t *call;
    const chat_request_t *req;
    chat_response_t *resp;
    const chat_json_t *body;   /* an object, or NULL */
    const apr_table_t *query;  /* or NULL */
    char room[CHAT_UUID_SIZE]; /* from the path; "" when that names none */
    chat_auth_t auth;          /* of the cookie and the userID */
    chat_entry_t entry;        /* filled by rules that get the auth */
} chat_visit_t;

/* Of the dialect's record. `run` reads body and query, the chatroom's id in the path,
 * cookie and userID; it refuses a body that is not a JSON object (POST: or is empty) and
 * an id that is not a UUID. */
apr_status_t chat_chatroom_run(const chat_route_t *route, chat_call_t *c,
                               const chat_request_t *req, chat_response_t *resp);
chat_owner_t chat_chatroom_owner(const chat_request_t *req, apr_pool_t *pool);
void chat_chatroom_refuse(chat_call_t *c, const chat_request_t *req,
                          chat_response_t *resp);
extern const char *const chat_chatroom_headers[];

/* A parameter as text, NULL when it is absent or null: of GET from header, query or body,
 * of POST from the body. */
const char *chat_visit_param(chat_visit_t *v, const char *name);

/* The account that a request names: by id ("0" or UUID, *UUID), or by name; both NULL for
 * none. */
void chat_visit_claim(const char **uuid, const char **name, chat_visit_t *v);

/* CHAT_P_NO_ROOM when there is no such chatroom, which is reported before invalid
 * parameters of a request that needs no login. */
apr_status_t chat_visit_room(chat_visit_t *v);

/* Whether all parameters NAMES (ended by NULL) are there and not empty; else
 * CHAT_P_MISSING for the first. */
apr_status_t chat_visit_require(chat_visit_t *v, const char *const *names);

/* Refuses a parameter's value by TEXT, unless the client is not even logged in. */
apr_status_t chat_visit_invalid(chat_visit_t *v, const char *field, const char *text);

/* Seconds since 1970 with a fraction as microseconds, the nearest; 0 when TEXT is not a
 * number. */
int chat_chatroom_time(apr_time_t *out, const char *text);

/* Sets the session's cookie. SECRET is a UUID. */
void chat_visit_cookie(chat_visit_t *v, const char *room_uuid, const char *secret);

/* Begins an answer of status 200. */
void chat_visit_answer(chat_writer_t *w, chat_visit_t *v);

/* What outside calls an account of the chatroom: its UUID, or "0" for the owner and the
 * system. */
const char *chat_chatroom_user(const chat_room_t *room, apr_int64_t account,
                               const char *uuid);
void chat_chatroom_channel(chat_writer_t *w, const chat_channel_t *ch,
                           const chat_entry_t *entry);
void chat_chatroom_channels(chat_writer_t *w, const chat_channels_t *channels,
                            const chat_entry_t *entry);

/* The routes, as in api/dialects.h. */
/* clang-format off */
#define CHAT_CHATROOM_ROUTES(R) \
R("/chatroom/", CHAT_POST, CREATES | PASSWORD, create) \
R("/chatroom/*", CHAT_GET, 0, show) \
R("/login/*", READ, 0, login) \
R("/users/*", CHAT_GET, 0, users) \
R("/channels/*", READ, CREATES, channel_list) \
R("/messages/*", READ, CREATES, messages) \
R("/invites/*", READ, CREATES | UNSAFE | PASSWORD, invites)
/* clang-format on */

#define CHAT_CHATROOM_ENDPOINT(path, methods, flags, name) \
    apr_status_t chat_chatroom_##name(chat_visit_t *v);
CHAT_CHATROOM_ROUTES(CHAT_CHATROOM_ENDPOINT)

#endif
