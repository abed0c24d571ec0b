/* SPDX-License-Identifier: Apache-2.0 */
/* Button API V3: messages to channels, to people, to Discord. */
#include "api/button.h"
#include "core/discord_out.h"

apr_status_t chat_button_sendmessage(chat_call_t *c, const chat_request_t *req,
                                     chat_response_t *resp)
{
    const chat_json_t *body;
    chat_auth_t auth;
    chat_text_t text, channel;
    chat_message_t m;
    apr_status_t rv = chat_button_begin(&body, &auth, c, req);
    if (rv == APR_SUCCESS)
        rv = chat_button_text(&text, c, body, "message");
    if (rv == APR_SUCCESS)
        rv = chat_button_text(&channel, c, body, "channel");
    if (rv == APR_SUCCESS)
        rv = chat_message_send(&m, c, &auth, channel.text, &text);
    return rv == APR_SUCCESS ? chat_button_say(resp, 200, "Message sent!") : rv;
}

apr_status_t chat_button_senddm(chat_call_t *c, const chat_request_t *req,
                                chat_response_t *resp)
{
    const chat_json_t *body;
    chat_auth_t auth;
    chat_text_t text, username;
    chat_message_t m;
    apr_status_t rv = chat_button_begin(&body, &auth, c, req);
    if (rv == APR_SUCCESS)
        rv = chat_button_text(&username, c, body, "username");
    if (rv == APR_SUCCESS)
        rv = chat_button_text(&text, c, body, "message");
    if (rv == APR_SUCCESS)
        rv = chat_message_send_direct(&m, c, &auth, username.text, &text);
    return rv == APR_SUCCESS ? chat_button_say(resp, 200, "Dm message sent!") : rv;
}

apr_status_t chat_button_senddcmsg(chat_call_t *c, const chat_request_t *req,
                                   chat_response_t *resp)
{
    const chat_json_t *body;
    chat_auth_t auth;
    chat_text_t text, channel;
    apr_status_t rv = chat_button_begin(&body, &auth, c, req);
    if (rv != APR_SUCCESS)
        return rv;
    /* the document has one answer for an input that is wrong in whatever way */
    if (chat_button_text(&channel, c, body, "channel") != APR_SUCCESS ||
        chat_button_text(&text, c, body, "message") != APR_SUCCESS)
        return chat_call_refuse(c, CHAT_P_NO_LINK, "channel");
    rv = chat_discord_out_send_to(c, &auth, channel.text, &text);
    return rv == APR_SUCCESS ? chat_button_say(resp, 200, "Dm message sent!") : rv;
}

apr_status_t chat_button_senddcmsgwithtoken(chat_call_t *c, const chat_request_t *req,
                                            chat_response_t *resp)
{
    const chat_json_t *body;
    chat_auth_t auth;
    chat_text_t text;
    apr_status_t rv = chat_button_begin(&body, &auth, c, req);
    if (rv == APR_SUCCESS)
        rv = chat_button_text(&text, c, body, "message");
    if (rv == APR_SUCCESS)
        rv = chat_discord_out_send(c, &auth, &text);
    return rv == APR_SUCCESS ? chat_button_say(resp, 200, "Sent message!") : rv;
}

apr_status_t chat_button_deletemessage(chat_call_t *c, const chat_request_t *req,
                                       chat_response_t *resp)
{
    const chat_json_t *body;
    chat_auth_t auth;
    apr_status_t rv = chat_button_begin(&body, &auth, c, req);
    if (rv == APR_SUCCESS)
        rv = chat_message_delete(c, &auth, chat_button_message_id(body, "message_id"));
    return rv == APR_SUCCESS ? chat_button_say(resp, 200, "Message deleted!") : rv;
}

apr_status_t chat_button_getmessagesforeveryone(chat_call_t *c, const chat_request_t *req,
                                                chat_response_t *resp)
{
    const chat_json_t *body;
    chat_auth_t auth;
    chat_page_t page;
    chat_reading_t reading;
    chat_writer_t w;
    apr_status_t rv = chat_button_begin(&body, &auth, c, req);
    if (rv == APR_SUCCESS)
        rv = chat_button_page(&page, c, body);
    if (rv == APR_SUCCESS)
        rv = chat_messages_announced(&reading, c, &auth, &page);
    if (rv != APR_SUCCESS)
        return rv;
    chat_button_answer(&w, resp, 200);
    chat_write_member(&w, "message", "Got messages!");
    chat_button_messages(&w, "messages", &reading);
    chat_write_end(&w);
    return APR_SUCCESS;
}

static apr_status_t answer_list(chat_response_t *resp, const char *key,
                                const chat_reading_t *reading)
{
    chat_writer_t w;
    chat_button_answer(&w, resp, 200);
    chat_button_messages(&w, key, reading);
    chat_write_end(&w);
    return APR_SUCCESS;
}

apr_status_t chat_button_getmysentmessages(chat_call_t *c, const chat_request_t *req,
                                           chat_response_t *resp)
{
    const chat_json_t *body;
    chat_auth_t auth;
    chat_page_t page;
    chat_reading_t reading;
    apr_status_t rv = chat_button_begin(&body, &auth, c, req);
    if (rv == APR_SUCCESS)
        rv = chat_button_page(&page, c, body);
    if (rv == APR_SUCCESS)
        rv = chat_messages_sent(&reading, c, &auth, &page);
    if (rv != APR_SUCCESS)
        return rv;
    if (!reading.messages.n)
        return chat_button_say(resp, 404, "No sent messages!");
    return answer_list(resp, "sent_messages", &reading);
}

apr_status_t chat_button_getdms(chat_call_t *c, const chat_request_t *req,
                                chat_response_t *resp)
{
    const chat_json_t *body;
    chat_auth_t auth;
    chat_page_t page;
    chat_reading_t reading;
    apr_status_t rv = chat_button_begin(&body, &auth, c, req);
    if (rv == APR_SUCCESS)
        rv = chat_button_page(&page, c, body);
    if (rv == APR_SUCCESS)
        rv = chat_messages_direct(&reading, c, &auth, &page);
    if (rv != APR_SUCCESS)
        return rv;
    if (!reading.messages.n)
        return chat_button_say(resp, 404, "No dms!");
    return answer_list(resp, "dms", &reading);
}

/* Two forms on one path: a message by its id, or the newest of a channel by its name. */
apr_status_t chat_button_readmessagesfromchannel(chat_call_t *c,
                                                 const chat_request_t *req,
                                                 chat_response_t *resp)
{
    const chat_json_t *body;
    chat_auth_t auth;
    chat_text_t name;
    chat_page_t page;
    chat_reading_t reading = {0};
    apr_status_t rv = chat_button_begin(&body, &auth, c, req);
    if (rv != APR_SUCCESS)
        return rv;
    if (chat_json_type(chat_json_member(body, "message_id")) != CHAT_JSON_NONE) {
        rv = chat_messages_one(&reading, c, &auth,
                               chat_button_message_id(body, "message_id"));
    }
    else {
        rv = chat_button_text(&name, c, body, "name");
        if (rv == APR_SUCCESS)
            rv = chat_button_page(&page, c, body);
        if (rv == APR_SUCCESS)
            rv = chat_messages_channel(&reading, c, &auth, name.text, &page);
    }
    return rv == APR_SUCCESS ? answer_list(resp, "messages", &reading) : rv;
}
