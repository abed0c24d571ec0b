/* SPDX-License-Identifier: Apache-2.0
 * button.h - parts of the Button API V3 that its files share.
 *
 * Implements the document "Button API V3": POST with a JSON object, UUID tokens, answers
 * with exact key sets and texts; what it leaves open is decided in the manual's page
 * docs/button.md.
 */
#ifndef CHAT_API_BUTTON_H
#define CHAT_API_BUTTON_H

#include "api/api.h"
#include "core/auth.h"
#include "core/messages.h"
#include "render/json.h"
#include "render/writer.h"

/* One request. */
typedef struct chat_button_t {
    chat_call_t *call;
    const chat_request_t *req;
    chat_response_t *resp;
    const chat_json_t *body; /* an object, with CHAT_ROUTE_BODY or CHAT_ROUTE_TOKEN */
    chat_auth_t auth;        /* of its token, with CHAT_ROUTE_TOKEN */
} chat_button_t;

/* Of the dialect's record. */
apr_status_t chat_button_run(const chat_route_t *route, chat_call_t *c,
                             const chat_request_t *req, chat_response_t *resp);
void chat_button_refuse(chat_call_t *c, const chat_request_t *req, chat_response_t *resp);

/* Reads the request's JSON object, or CHAT_P_MALFORMED. */
apr_status_t chat_button_body(chat_button_t *b);
/* The same, and the credentials of its "token"; CHAT_P_NOT_LOGGED_IN when it does not
 * have a token's form. */
apr_status_t chat_button_token(chat_button_t *b);
/* Whether the body has the member FIELD. */
int chat_button_has(const chat_button_t *b, const char *field);
/* Member FIELD as text that is not blank, or CHAT_P_MISSING / CHAT_P_INVALID. */
apr_status_t chat_button_text(chat_text_t *out, chat_button_t *b, const char *field);
/* "count" (integer or decimal string; 50 when absent, at most 1,000) and "before". */
apr_status_t chat_button_page(chat_page_t *out, chat_button_t *b);
/* Member FIELD, a number that clients write as integer or as string. 0: not a number. */
int chat_button_number(apr_int64_t *out, const chat_button_t *b, const char *field);
/* "message_id"; 0, which no message has, when it is not a number. */
apr_int64_t chat_button_message_id(const chat_button_t *b);

/* Begins the object of an answer with status 200. */
void chat_button_answer(chat_writer_t *w, chat_button_t *b);
/* The whole answer {"message": TEXT}. */
apr_status_t chat_button_say(chat_button_t *b, int status, const char *text);

/* Member KEY: the messages of READING, oldest first, in the form of list items. */
void chat_button_messages(chat_writer_t *w, const char *key,
                          const chat_reading_t *reading);

#define CHAT_BUTTON_ENDPOINT(name) apr_status_t chat_button_##name(chat_button_t *b)
/* button_account.c */
CHAT_BUTTON_ENDPOINT(register);
CHAT_BUTTON_ENDPOINT(login);
CHAT_BUTTON_ENDPOINT(generatetoken);
CHAT_BUTTON_ENDPOINT(gettoken);
CHAT_BUTTON_ENDPOINT(changepassword);
CHAT_BUTTON_ENDPOINT(deleteaccount);
/* button_channel.c */
CHAT_BUTTON_ENDPOINT(makechannel);
CHAT_BUTTON_ENDPOINT(addusertochannel);
CHAT_BUTTON_ENDPOINT(getchannels);
CHAT_BUTTON_ENDPOINT(listchannels);
CHAT_BUTTON_ENDPOINT(joinchannel);
CHAT_BUTTON_ENDPOINT(leavechannel);
CHAT_BUTTON_ENDPOINT(listmembers);
/* button_message.c */
CHAT_BUTTON_ENDPOINT(sendmessage);
CHAT_BUTTON_ENDPOINT(senddm);
CHAT_BUTTON_ENDPOINT(senddcmsg);
CHAT_BUTTON_ENDPOINT(senddcmsgwithtoken);
CHAT_BUTTON_ENDPOINT(deletemessage);
CHAT_BUTTON_ENDPOINT(getmessagesforeveryone);
CHAT_BUTTON_ENDPOINT(getmysentmessages);
CHAT_BUTTON_ENDPOINT(getdms);
CHAT_BUTTON_ENDPOINT(readmessagesfromchannel);
/* button_admin.c */
CHAT_BUTTON_ENDPOINT(adminoverview);
CHAT_BUTTON_ENDPOINT(adminlistrooms);
CHAT_BUTTON_ENDPOINT(adminlistaccounts);
CHAT_BUTTON_ENDPOINT(adminsetaccount);
CHAT_BUTTON_ENDPOINT(adminlistoutbox);
CHAT_BUTTON_ENDPOINT(adminretryoutbox);
/* button_discord.c */
CHAT_BUTTON_ENDPOINT(discordcode);
CHAT_BUTTON_ENDPOINT(discord);

#endif
