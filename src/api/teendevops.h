/* SPDX-License-Identifier: Apache-2.0
 * teendevops.h - parts of the teendevops REST API v1 that its files share.
 *
 * Implements the document "teendevops' REST API version 1": parameters in the query or a
 * form body, sessions with a CSRF token, one document in three formats, errors with
 * status 200; what it leaves open is decided in the manual's page docs/teendevops.md.
 */
#ifndef CHAT_API_TEENDEVOPS_H
#define CHAT_API_TEENDEVOPS_H

#include "api/api.h"
#include "core/anonymous_session.h"
#include "render/writer.h"

/* One request: what endpoints take their parameters from and answer to. */
typedef struct chat_teendevops_t {
    chat_call_t *call;
    const chat_request_t *req; /* may be NULL in a refusal */
    chat_response_t *resp;
    apr_table_t *params; /* of the query, those of a form body over them */
    const char *session; /* the id the client sent, in the right form; or NULL */
} chat_teendevops_t;

/* Of the dialect's record. `run` refuses parameters that are not text (CHAT_P_BAD_TEXT).
 */
apr_status_t chat_teendevops_run(const chat_route_t *route, chat_call_t *c,
                                 const chat_request_t *req, chat_response_t *resp);
void chat_teendevops_refuse(chat_call_t *c, const chat_request_t *req,
                            chat_response_t *resp);

/* A required parameter: CHAT_P_MISSING when it is absent or empty. */
apr_status_t chat_teendevops_text(const char **out, const chat_teendevops_t *t,
                                  const char *name);
/* The same, as a whole number: CHAT_P_INVALID when it is not one. */
apr_status_t chat_teendevops_number(apr_int64_t *out, const chat_teendevops_t *t,
                                    const char *name);

/* Begins the answer in the format that the request asks for, with `success` as its first
 * member and a session cookie for a client that has none. chat_write_end completes it. */
void chat_teendevops_answer(chat_writer_t *w, const chat_teendevops_t *t, int success);

/* Gives the client the session ID, instead of one that chat_teendevops_answer would
 * create. */
void chat_teendevops_give(const chat_teendevops_t *t, const char *id);

/* Sets ETag and lets the answer be kept and asked for again; 1 when the client has it:
 * then the answer is complete (304). Only for GET; 0 for any other method. */
int chat_teendevops_unchanged(const chat_teendevops_t *t, const char *state);

/* Whether a profile may have that language, and all of them, separated by ", ". */
int chat_teendevops_language(const char *text);
const char *chat_teendevops_languages(apr_pool_t *pool);

/* The routes, as in api/dialects.h. */
/* clang-format off */
#define CHAT_TEENDEVOPS_ROUTES(R) \
R("channels/get", READ, 0, channels) \
R("chat/get", READ, 0, chat) \
R("users/get", CHAT_GET, 0, user) \
R("users/findsimilar", READ, 0, similar) \
R("auth/csrf", READ, 0, csrf) \
R("auth/login", CHAT_POST, 0, login) \
R("chat/send", CHAT_POST, CREATES, send)
/* clang-format on */

#define CHAT_TEENDEVOPS_ENDPOINT(path, methods, flags, name) \
    apr_status_t chat_teendevops_##name(chat_teendevops_t *t);
CHAT_TEENDEVOPS_ROUTES(CHAT_TEENDEVOPS_ENDPOINT)

#endif
