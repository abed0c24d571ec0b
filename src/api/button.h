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

/* The request's JSON object, or CHAT_P_MALFORMED. */
apr_status_t chat_button_body(const chat_json_t **out, chat_call_t *c,
                              const chat_request_t *req);
/* The same, and what its "token" stands for; CHAT_P_NOT_LOGGED_IN when it is not even
 * shaped like one. */
apr_status_t chat_button_begin(const chat_json_t **body, chat_auth_t *auth,
                               chat_call_t *c, const chat_request_t *req);
/* Member FIELD as text that is not blank, or CHAT_P_MISSING / CHAT_P_INVALID. */
apr_status_t chat_button_text(chat_text_t *out, chat_call_t *c, const chat_json_t *body,
                              const char *field);
/* "count" (integer or decimal string; 50 when absent, at most 1,000) and "before". */
apr_status_t chat_button_page(chat_page_t *out, chat_call_t *c, const chat_json_t *body);
/* Member FIELD, a number that clients write as integer or as string. 0: it is none. */
int chat_button_number(apr_int64_t *out, const chat_json_t *body, const char *field);
/* "message_id"; 0, which no message has, when it is no number. */
apr_int64_t chat_button_message_id(const chat_json_t *body, const char *field);

/* Begins the answer's object. */
void chat_button_answer(chat_writer_t *w, chat_response_t *resp, int status);
/* The whole answer {"message": TEXT}. */
apr_status_t chat_button_say(chat_response_t *resp, int status, const char *text);

/* Member KEY: the messages of READING, oldest first, in the form of list items. */
void chat_button_messages(chat_writer_t *w, const char *key,
                          const chat_reading_t *reading);
/* The recipients of a direct message as READER is shown them: all of them for the author,
 * the own name for a recipient. */
const char *chat_button_recipient(const chat_message_t *m, const chat_identity_t *reader,
                                  apr_pool_t *pool);

/* Endpoints, by file. */
/* button_account.c */
apr_status_t chat_button_register(chat_call_t *, const chat_request_t *,
                                  chat_response_t *);
apr_status_t chat_button_login(chat_call_t *, const chat_request_t *, chat_response_t *);
apr_status_t chat_button_generatetoken(chat_call_t *, const chat_request_t *,
                                       chat_response_t *);
apr_status_t chat_button_gettoken(chat_call_t *, const chat_request_t *,
                                  chat_response_t *);
apr_status_t chat_button_changepassword(chat_call_t *, const chat_request_t *,
                                        chat_response_t *);
apr_status_t chat_button_deleteaccount(chat_call_t *, const chat_request_t *,
                                       chat_response_t *);
/* button_channel.c */
apr_status_t chat_button_makechannel(chat_call_t *, const chat_request_t *,
                                     chat_response_t *);
apr_status_t chat_button_addusertochannel(chat_call_t *, const chat_request_t *,
                                          chat_response_t *);
apr_status_t chat_button_getchannels(chat_call_t *, const chat_request_t *,
                                     chat_response_t *);
apr_status_t chat_button_listchannels(chat_call_t *, const chat_request_t *,
                                      chat_response_t *);
apr_status_t chat_button_joinchannel(chat_call_t *, const chat_request_t *,
                                     chat_response_t *);
apr_status_t chat_button_leavechannel(chat_call_t *, const chat_request_t *,
                                      chat_response_t *);
apr_status_t chat_button_listmembers(chat_call_t *, const chat_request_t *,
                                     chat_response_t *);
/* button_message.c */
apr_status_t chat_button_sendmessage(chat_call_t *, const chat_request_t *,
                                     chat_response_t *);
apr_status_t chat_button_senddm(chat_call_t *, const chat_request_t *, chat_response_t *);
apr_status_t chat_button_senddcmsg(chat_call_t *, const chat_request_t *,
                                   chat_response_t *);
apr_status_t chat_button_senddcmsgwithtoken(chat_call_t *, const chat_request_t *,
                                            chat_response_t *);
apr_status_t chat_button_deletemessage(chat_call_t *, const chat_request_t *,
                                       chat_response_t *);
apr_status_t chat_button_getmessagesforeveryone(chat_call_t *, const chat_request_t *,
                                                chat_response_t *);
apr_status_t chat_button_getmysentmessages(chat_call_t *, const chat_request_t *,
                                           chat_response_t *);
apr_status_t chat_button_readmessagesfromchannel(chat_call_t *, const chat_request_t *,
                                                 chat_response_t *);
apr_status_t chat_button_getdms(chat_call_t *, const chat_request_t *, chat_response_t *);

/* button_admin.c */
apr_status_t chat_button_adminoverview(chat_call_t *, const chat_request_t *,
                                       chat_response_t *);
apr_status_t chat_button_adminlistrooms(chat_call_t *, const chat_request_t *,
                                        chat_response_t *);
apr_status_t chat_button_adminlistaccounts(chat_call_t *, const chat_request_t *,
                                           chat_response_t *);
apr_status_t chat_button_adminsetaccount(chat_call_t *, const chat_request_t *,
                                         chat_response_t *);
apr_status_t chat_button_adminlistoutbox(chat_call_t *, const chat_request_t *,
                                         chat_response_t *);
apr_status_t chat_button_adminretryoutbox(chat_call_t *, const chat_request_t *,
                                          chat_response_t *);

/* button_discord.c */
apr_status_t chat_button_discordcode(chat_call_t *, const chat_request_t *,
                                     chat_response_t *);
apr_status_t chat_button_discord(chat_call_t *, const chat_request_t *,
                                 chat_response_t *);

#endif
