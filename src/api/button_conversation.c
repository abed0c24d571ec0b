/* SPDX-License-Identifier: Apache-2.0 */
/* Button API V3: what is done with messages that were sent. */
#include "api/button.h"
#include "base/clock.h"
#include "core/edits.h"

apr_status_t chat_button_editmessage(chat_button_t *b)
{
    apr_int64_t id = chat_button_message_id(b);
    apr_time_t edited;
    chat_text_t text;
    chat_writer_t w;
    char time[CHAT_ISO_SIZE];
    apr_status_t rv = chat_button_text(&text, b, "message");
    if (rv == APR_SUCCESS)
        rv = chat_message_edit(&edited, b->call, &b->auth, id, &text);
    if (rv != APR_SUCCESS)
        return rv;
    chat_clock_iso(time, edited);
    chat_button_answer(&w, b);
    chat_write_member(&w, "message", "Message edited!");
    chat_write_member_int(&w, "message_id", id);
    chat_write_member(&w, "edited_at", time);
    chat_write_end(&w);
    return APR_SUCCESS;
}

apr_status_t chat_button_messagehistory(chat_button_t *b)
{
    chat_versions_t versions;
    chat_writer_t w;
    char time[CHAT_ISO_SIZE];
    apr_status_t rv =
        chat_message_versions(&versions, b->call, &b->auth, chat_button_message_id(b));
    if (rv != APR_SUCCESS)
        return rv;
    chat_button_answer(&w, b);
    chat_write_key(&w, "versions");
    chat_write_array(&w);
    for (int i = 0; i < versions.n; i++) {
        chat_clock_iso(time, versions.list[i].written);
        chat_write_object(&w);
        chat_write_key(&w, "message");
        chat_write_bytes(&w, versions.list[i].body, versions.list[i].body_len);
        chat_write_member(&w, "timestamp", time);
        chat_write_end(&w);
    }
    chat_write_end(&w);
    chat_write_end(&w);
    return APR_SUCCESS;
}
