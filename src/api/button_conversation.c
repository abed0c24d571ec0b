/* SPDX-License-Identifier: Apache-2.0 */
/* Button API V3: what is done with messages that were sent. */
#include "api/button.h"
#include "core/edits.h"
#include "core/reactions.h"
#include "core/unread.h"

apr_status_t chat_button_editmessage(chat_button_t *b)
{
    apr_int64_t id = chat_button_message_id(b);
    apr_time_t edited;
    chat_text_t text;
    chat_writer_t w;
    apr_status_t rv = chat_button_text(&text, b, "message");
    if (rv == APR_SUCCESS)
        rv = chat_message_edit(&edited, b->call, &b->auth, id, &text);
    if (rv != APR_SUCCESS)
        return rv;
    chat_button_answer(&w, b);
    chat_write_member(&w, "message", "Message edited!");
    chat_write_member_int(&w, "message_id", id);
    chat_button_time(&w, "edited_at", edited);
    return chat_write_finish(&w);
}

apr_status_t chat_button_messagehistory(chat_button_t *b)
{
    chat_versions_t versions;
    chat_writer_t w;
    apr_status_t rv =
        chat_message_versions(&versions, b->call, &b->auth, chat_button_message_id(b));
    if (rv != APR_SUCCESS)
        return rv;
    chat_button_answer(&w, b);
    chat_write_member_array(&w, "versions");
    for (int i = 0; i < versions.n; i++) {
        chat_write_object(&w);
        chat_write_key(&w, "message");
        chat_write_bytes(&w, versions.list[i].body, versions.list[i].body_len);
        chat_button_time(&w, "timestamp", versions.list[i].written);
        chat_write_end(&w);
    }
    chat_write_end(&w);
    return chat_write_finish(&w);
}

apr_status_t chat_button_getthread(chat_button_t *b)
{
    chat_page_t page;
    chat_reading_t reading = {0};
    chat_writer_t w;
    apr_status_t rv = chat_button_page(&page, b);
    if (rv == APR_SUCCESS)
        rv = chat_messages_thread(&reading, b->call, &b->auth, chat_button_message_id(b),
                                  &page);
    if (rv != APR_SUCCESS)
        return rv;
    chat_button_answer(&w, b);
    chat_button_messages(&w, "messages", &reading);
    return chat_write_finish(&w);
}

apr_status_t chat_button_react(chat_button_t *b)
{
    chat_react_t wanted = {.number = chat_button_message_id(b), .on = 1};
    chat_reactions_t now;
    chat_text_t emoji;
    chat_writer_t w;
    apr_status_t rv = chat_button_text(&emoji, b, "emoji");
    if (rv == APR_SUCCESS && chat_button_has(b, "on") &&
        !chat_json_boolean(&wanted.on, chat_json_member(b->body, "on")))
        rv = chat_call_refuse(b->call, CHAT_P_INVALID, "on");
    wanted.emoji = emoji.text;
    if (rv == APR_SUCCESS)
        rv = chat_message_react(&now, b->call, &b->auth, &wanted);
    if (rv != APR_SUCCESS)
        return rv;
    chat_button_answer(&w, b);
    chat_write_member(&w, "message", wanted.on ? "Reaction added!" : "Reaction removed!");
    chat_button_reactions(&w, &now);
    return chat_write_finish(&w);
}

apr_status_t chat_button_markread(chat_button_t *b)
{
    int channel = chat_button_has(b, "name");
    chat_mark_t mark = {.number = chat_button_message_id(b)};
    apr_int64_t number;
    chat_text_t name;
    chat_writer_t w;
    apr_status_t rv = chat_button_text(&name, b, channel ? "name" : "username");
    *(channel ? &mark.channel : &mark.username) = name.text;
    if (rv == APR_SUCCESS)
        rv = chat_unread_mark(&number, b->call, &b->auth, &mark);
    if (rv != APR_SUCCESS)
        return rv;
    chat_button_answer(&w, b);
    chat_write_member(&w, "message", "Marked!");
    chat_write_member_int(&w, "message_id", number);
    return chat_write_finish(&w);
}

static void write_unread(chat_writer_t *w, const char *key, const chat_unreads_t *all)
{
    for (int i = 0; i < all->n; i++) {
        const chat_unread_t *u = &all->list[i];
        chat_write_object(w);
        chat_write_member(w, key, u->name);
        chat_write_member_int(w, "unread", u->unread);
        chat_write_member_int(w, "mentions", u->mentions);
        chat_write_member_int(w, "last_read", CHAT_ROW_NUMBER(u->read));
        chat_write_member_int(w, "last_message_id", CHAT_ROW_NUMBER(u->last));
        chat_write_end(w);
    }
}

apr_status_t chat_button_getunread(chat_button_t *b)
{
    chat_unreads_t channels, direct;
    chat_writer_t w;
    apr_status_t rv = chat_unread_list(&channels, &direct, b->call, &b->auth);
    if (rv != APR_SUCCESS)
        return rv;
    chat_button_answer(&w, b);
    chat_write_member_array(&w, "conversations");
    write_unread(&w, "channel", &channels);
    write_unread(&w, "username", &direct);
    chat_write_end(&w);
    return chat_write_finish(&w);
}
