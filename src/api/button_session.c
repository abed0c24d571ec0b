/* SPDX-License-Identifier: Apache-2.0 */
/* Button API V3: where the account is signed in. */
#include "api/button.h"
#include "core/account_sessions.h"

#include <apr_strings.h>

static void write_session(chat_writer_t *w, const char *id, const chat_session_t *s)
{
    chat_write_object(w);
    chat_write_member(w, "session_id", id);
    chat_write_member(w, "dialect", chat_dialect_name(s->dialect));
    chat_button_time(w, "since", s->created);
    chat_button_time(w, "last_used", s->used);
    chat_write_member(w, "address", s->address);
    chat_write_end(w);
}

apr_status_t chat_button_listsessions(chat_button_t *b)
{
    const chat_session_t token = {.dialect = CHAT_BUTTON};
    chat_sessions_t all;
    chat_writer_t w;
    apr_status_t rv = chat_account_sessions(&all, b->call, &b->auth);
    if (rv != APR_SUCCESS)
        return rv;
    chat_button_answer(&w, b);
    chat_write_member_array(&w, "sessions");
    write_session(&w, CHAT_SESSION_TOKEN, &token);
    for (int i = 0; i < all.n; i++)
        write_session(&w, apr_pstrndup(b->call->pool, all.list[i].hash, CHAT_SESSION_ID),
                      &all.list[i]);
    chat_write_end(&w);
    return chat_write_finish(&w);
}

apr_status_t chat_button_endsession(chat_button_t *b)
{
    int others = 0;
    chat_text_t id = {.text = NULL};
    apr_status_t rv = APR_SUCCESS;
    chat_json_boolean(&others, chat_json_member(b->body, "all_others"));
    if (!others)
        rv = chat_button_text(&id, b, "session_id");
    if (rv == APR_SUCCESS)
        rv = chat_account_end_session(b->call, &b->auth, id.text);
    return rv == APR_SUCCESS ? chat_button_say(b, 200, "Session ended!") : rv;
}
