/* SPDX-License-Identifier: Apache-2.0 */
/* Button API V3: messages to channels, to people, to Discord. */
#include "api/button.h"
#include "core/discord_out.h"

/* "reply_to" of what is sent. */
static apr_status_t read_reply(chat_text_t *text, chat_button_t *b)
{
    if (chat_json_type(chat_json_member(b->body, "reply_to")) <= CHAT_JSON_NULL)
        return APR_SUCCESS;
    return chat_button_number(&text->reply_to, b, "reply_to") && text->reply_to > 0
               ? APR_SUCCESS
               : chat_call_refuse(b->call, CHAT_P_INVALID, "reply_to");
}

static apr_status_t answer_sent(chat_button_t *b, const char *text,
                                const chat_message_t *m)
{
    chat_writer_t w;
    if (!b->extended)
        return chat_button_say(b, 200, text);
    chat_button_answer(&w, b);
    chat_write_member(&w, "message", text);
    chat_write_member_int(&w, "message_id", CHAT_ROW_NUMBER(m->id));
    chat_button_time(&w, "timestamp", m->created);
    return chat_write_finish(&w);
}

apr_status_t chat_button_sendmessage(chat_button_t *b)
{
    chat_text_t text, channel;
    chat_message_t m;
    apr_status_t rv = chat_button_text(&text, b, "message");
    if (rv == APR_SUCCESS)
        rv = chat_button_text(&channel, b, "channel");
    if (rv == APR_SUCCESS)
        rv = read_reply(&text, b);
    if (rv == APR_SUCCESS)
        rv = chat_message_send(&m, b->call, &b->auth, channel.text, &text);
    return rv == APR_SUCCESS ? answer_sent(b, "Message sent!", &m) : rv;
}

apr_status_t chat_button_senddm(chat_button_t *b)
{
    chat_text_t text, username;
    chat_message_t m;
    apr_status_t rv = chat_button_text(&username, b, "username");
    if (rv == APR_SUCCESS)
        rv = chat_button_text(&text, b, "message");
    if (rv == APR_SUCCESS)
        rv = read_reply(&text, b);
    if (rv == APR_SUCCESS)
        rv = chat_message_send_direct(&m, b->call, &b->auth, username.text, &text);
    return rv == APR_SUCCESS ? answer_sent(b, "Dm message sent!", &m) : rv;
}

apr_status_t chat_button_senddcmsg(chat_button_t *b)
{
    chat_text_t text, channel;
    apr_status_t rv;
    /* the document has one answer for every invalid input */
    if (chat_button_text(&channel, b, "channel") != APR_SUCCESS ||
        chat_button_text(&text, b, "message") != APR_SUCCESS)
        return chat_call_refuse(b->call, CHAT_P_NO_LINK, "channel");
    rv = chat_discord_out_send_to(b->call, &b->auth, channel.text, &text);
    return rv == APR_SUCCESS ? chat_button_say(b, 200, "Dm message sent!") : rv;
}

apr_status_t chat_button_senddcmsgwithtoken(chat_button_t *b)
{
    chat_text_t text;
    apr_status_t rv = chat_button_text(&text, b, "message");
    if (rv == APR_SUCCESS)
        rv = chat_discord_out_send(b->call, &b->auth, &text);
    return rv == APR_SUCCESS ? chat_button_say(b, 200, "Sent message!") : rv;
}

apr_status_t chat_button_deletemessage(chat_button_t *b)
{
    chat_act_t a;
    apr_status_t rv = chat_button_act(&a, b);
    if (rv == APR_SUCCESS)
        rv = chat_message_delete(&a, chat_button_message_id(b));
    return rv == APR_SUCCESS ? chat_button_say(b, 200, "Message deleted!") : rv;
}

apr_status_t chat_button_getmessagesforeveryone(chat_button_t *b)
{
    chat_page_t page;
    chat_reading_t reading = {0};
    chat_writer_t w;
    apr_status_t rv = chat_button_page(&page, b);
    if (rv == APR_SUCCESS)
        rv = chat_messages_announced(&reading, b->call, &b->auth, &page);
    if (rv != APR_SUCCESS)
        return rv;
    chat_button_answer(&w, b);
    chat_write_member(&w, "message", "Got messages!");
    chat_button_messages(&w, "messages", &reading);
    return chat_write_finish(&w);
}

static apr_status_t answer_list(chat_button_t *b, const char *key,
                                const chat_reading_t *reading)
{
    chat_writer_t w;
    chat_button_answer(&w, b);
    chat_button_messages(&w, key, reading);
    return chat_write_finish(&w);
}

apr_status_t chat_button_getmysentmessages(chat_button_t *b)
{
    chat_page_t page;
    chat_reading_t reading = {0};
    apr_status_t rv = chat_button_page(&page, b);
    if (rv == APR_SUCCESS)
        rv = chat_messages_sent(&reading, b->call, &b->auth, &page);
    if (rv != APR_SUCCESS)
        return rv;
    if (!reading.messages.n)
        return chat_button_say(b, 404, "No sent messages!");
    return answer_list(b, "sent_messages", &reading);
}

apr_status_t chat_button_getdms(chat_button_t *b)
{
    chat_page_t page;
    chat_reading_t reading = {0};
    apr_status_t rv = chat_button_page(&page, b);
    if (rv == APR_SUCCESS)
        rv = chat_messages_direct(&reading, b->call, &b->auth, &page);
    if (rv != APR_SUCCESS)
        return rv;
    if (!reading.messages.n)
        return chat_button_say(b, 404, "No dms!");
    return answer_list(b, "dms", &reading);
}

/* Two forms on one path: a message by its id, or the newest of a channel by its name. */
apr_status_t chat_button_readmessagesfromchannel(chat_button_t *b)
{
    chat_text_t name;
    chat_page_t page;
    chat_reading_t reading = {0};
    apr_status_t rv;
    if (chat_button_has(b, "message_id")) {
        rv = chat_messages_one(&reading, b->call, &b->auth, chat_button_message_id(b),
                               b->extended);
        return rv == APR_SUCCESS ? answer_list(b, "messages", &reading) : rv;
    }
    rv = chat_button_text(&name, b, "name");
    if (rv == APR_SUCCESS)
        rv = chat_button_page(&page, b);
    if (rv == APR_SUCCESS)
        rv = chat_messages_channel(&reading, b->call, &b->auth, name.text, &page);
    return rv == APR_SUCCESS ? answer_list(b, "messages", &reading) : rv;
}
