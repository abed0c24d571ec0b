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
    int extended;            /* the body has "extended": true */
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

/* Member KEY: TIME in ISO 8601, null for 0. */
void chat_button_time(chat_writer_t *w, const char *key, apr_time_t time);
/* Member "reactions" of a message. */
void chat_button_reactions(chat_writer_t *w, const chat_reactions_t *reactions);
/* Member FIELD as text when it is there, NULL when not, or CHAT_P_INVALID. */
apr_status_t chat_button_maybe(const char **out, chat_button_t *b, const char *field);
/* An act for the client, with its "reason" and "seconds", which may both be absent. */
apr_status_t chat_button_act(chat_act_t *a, chat_button_t *b);

/* Begins the object of an answer with status 200. */
void chat_button_answer(chat_writer_t *w, chat_button_t *b);
/* The whole answer {"message": TEXT}. */
apr_status_t chat_button_say(chat_button_t *b, int status, const char *text);

/* Member KEY: the messages of READING, oldest first, in the form of list items; with
 * details in the extended form. */
void chat_button_messages(chat_writer_t *w, const char *key,
                          const chat_reading_t *reading);

/* Member "rights": CHAT_READ | ... as letters of "rwx". */
void chat_button_rights(chat_writer_t *w, int rights);

/* The routes, as in api/dialects.h. */
/* clang-format off */
#define CHAT_BUTTON_ROUTES(R) \
R("/register/", CHAT_POST, BODY | CREATES | PASSWORD, register) \
R("/login/", CHAT_POST, BODY, login) \
R("/generatetoken/", CHAT_POST, BODY | CREATES | PASSWORD, generatetoken) \
R("/gettoken/", CHAT_POST, BODY, gettoken) \
R("/senddcmsgwithtoken/", CHAT_POST, TOKEN | CREATES, senddcmsgwithtoken) \
R("/senddcmsg/", CHAT_POST, TOKEN | CREATES, senddcmsg) \
R("/getmessagesforeveryone/", CHAT_POST, TOKEN | GUEST | STEADY, getmessagesforeveryone) \
R("/getmysentmessages/", CHAT_POST, TOKEN | GUEST | STEADY, getmysentmessages) \
R("/readmessagesfromchannel/", CHAT_POST, TOKEN | GUEST | STEADY, readmessagesfromchannel) \
R("/deletemessage/", CHAT_POST, TOKEN | GUEST, deletemessage) \
R("/makechannel/", CHAT_POST, TOKEN | CREATES, makechannel) \
R("/addusertochannel/", CHAT_POST, TOKEN, addusertochannel) \
R("/sendmessage/", CHAT_POST, TOKEN | GUEST | CREATES, sendmessage) \
R("/getchannels/", CHAT_POST, TOKEN | GUEST | STEADY, getchannels) \
R("/getdms/", CHAT_POST, TOKEN | GUEST | STEADY, getdms) \
R("/senddm/", CHAT_POST, TOKEN | CREATES, senddm) \
/* ours */ \
R("/signon/", CHAT_POST, BODY, signon) \
R("/signoff/", CHAT_POST, TOKEN | GUEST, signoff) \
R("/guest/", CHAT_POST, BODY | CREATES, guest) \
R("/listchannels/", CHAT_POST, TOKEN | GUEST | STEADY, listchannels) \
R("/joinchannel/", CHAT_POST, TOKEN, joinchannel) \
R("/leavechannel/", CHAT_POST, TOKEN | GUEST, leavechannel) \
R("/listmembers/", CHAT_POST, TOKEN | GUEST | STEADY, listmembers) \
R("/editmessage/", CHAT_POST, TOKEN | GUEST, editmessage) \
R("/messagehistory/", CHAT_POST, TOKEN | GUEST | STEADY, messagehistory) \
R("/getthread/", CHAT_POST, TOKEN | GUEST | STEADY, getthread) \
R("/react/", CHAT_POST, TOKEN | GUEST, react) \
R("/markread/", CHAT_POST, TOKEN, markread) \
R("/getunread/", CHAT_POST, TOKEN | STEADY, getunread) \
R("/search/", CHAT_POST, TOKEN | GUEST, search) \
R("/setprofile/", CHAT_POST, TOKEN, setprofile) \
R("/getprofile/", CHAT_POST, TOKEN, getprofile) \
R("/listpresence/", CHAT_POST, TOKEN, listpresence) \
R("/listsessions/", CHAT_POST, TOKEN, listsessions) \
R("/endsession/", CHAT_POST, TOKEN, endsession) \
R("/mute/", CHAT_POST, TOKEN, mute) \
R("/unmute/", CHAT_POST, TOKEN, unmute) \
R("/removefromchannel/", CHAT_POST, TOKEN, removefromchannel) \
R("/setchannel/", CHAT_POST, TOKEN, setchannel) \
R("/deletechannel/", CHAT_POST, TOKEN, deletechannel) \
R("/grant/", CHAT_POST, TOKEN, grant) \
R("/report/", CHAT_POST, TOKEN | CREATES, report) \
R("/listreports/", CHAT_POST, TOKEN, listreports) \
R("/closereport/", CHAT_POST, TOKEN, closereport) \
R("/banuser/", CHAT_POST, TOKEN, banuser) \
R("/unbanuser/", CHAT_POST, TOKEN, unbanuser) \
R("/listsanctions/", CHAT_POST, TOKEN, listsanctions) \
R("/auditlog/", CHAT_POST, TOKEN, auditlog) \
R("/changepassword/", CHAT_POST, BODY, changepassword) \
R("/deleteaccount/", CHAT_POST, BODY, deleteaccount) \
R("/discordcode/", CHAT_POST, 0, discordcode) \
R("/discord/interactions/", CHAT_POST, 0, discord) \
R("/adminoverview/", CHAT_POST, ADMIN, adminoverview) \
R("/adminlistrooms/", CHAT_POST, ADMIN, adminlistrooms) \
R("/adminlistaccounts/", CHAT_POST, ADMIN, adminlistaccounts) \
R("/adminsetaccount/", CHAT_POST, ADMIN, adminsetaccount) \
R("/adminlistoutbox/", CHAT_POST, ADMIN, adminlistoutbox) \
R("/adminretryoutbox/", CHAT_POST, ADMIN, adminretryoutbox) \
R("/adminbannetwork/", CHAT_POST, ADMIN, adminbannetwork) \
R("/adminunbannetwork/", CHAT_POST, ADMIN, adminunbannetwork) \
R("/adminlistnetworks/", CHAT_POST, ADMIN, adminlistnetworks) \
R("/adminemergency/", CHAT_POST, ADMIN, adminemergency)
/* clang-format on */

#define CHAT_BUTTON_ENDPOINT(path, methods, flags, name) \
    apr_status_t chat_button_##name(chat_button_t *b);
CHAT_BUTTON_ROUTES(CHAT_BUTTON_ENDPOINT)

#endif
