/* SPDX-License-Identifier: Apache-2.0 */
/* Button API V3: what accounts show of themselves. */
#include "api/button.h"
#include "core/profiles.h"

#include <apr_strings.h>

static apr_status_t answer_profile(chat_button_t *b, const chat_account_t *a, int own)
{
    chat_writer_t w;
    chat_button_answer(&w, b);
    chat_write_member(&w, "username", a->who.name);
    chat_write_member(&w, "description", a->description ? a->description : "");
    chat_write_member(&w, "color",
                      apr_psprintf(b->call->pool, "#%06x", (unsigned)a->color));
    chat_write_member(&w, "location", a->location ? a->location : "");
    chat_write_member_int(&w, "rank", a->who.rank);
    if (own) {
        chat_write_member(&w, "email", a->email ? a->email : "");
        chat_write_member_bool(&w, "invisible", a->who.hidden);
    }
    return chat_write_finish(&w);
}

/* Member FIELD as text that may be empty; NULL when there is none. */
static apr_status_t read_text(const char **out, chat_button_t *b, const char *field)
{
    *out = chat_json_string(chat_json_member(b->body, field), NULL);
    return *out || !chat_button_has(b, field)
               ? APR_SUCCESS
               : chat_call_refuse(b->call, CHAT_P_INVALID, field);
}

apr_status_t chat_button_setprofile(chat_button_t *b)
{
    chat_profile_edit_t edit = {.hidden = -1};
    chat_account_t a;
    apr_status_t rv = read_text(&edit.description, b, "description");
    if (rv == APR_SUCCESS)
        rv = read_text(&edit.location, b, "location");
    if (rv == APR_SUCCESS)
        rv = read_text(&edit.color, b, "color");
    if (rv == APR_SUCCESS && chat_button_has(b, "invisible") &&
        !chat_json_boolean(&edit.hidden, chat_json_member(b->body, "invisible")))
        rv = chat_call_refuse(b->call, CHAT_P_INVALID, "invisible");
    if (rv == APR_SUCCESS)
        rv = chat_profile_set(&a, b->call, &b->auth, &edit);
    return rv == APR_SUCCESS ? answer_profile(b, &a, 1) : rv;
}

apr_status_t chat_button_getprofile(chat_button_t *b)
{
    chat_account_t a;
    chat_text_t username;
    int own;
    apr_status_t rv = chat_button_text(&username, b, "username");
    if (rv == APR_SUCCESS)
        rv = chat_profile_get(&a, &own, b->call, &b->auth, username.text);
    return rv == APR_SUCCESS ? answer_profile(b, &a, own) : rv;
}

apr_status_t chat_button_listpresence(chat_button_t *b)
{
    chat_text_t name = {.text = NULL};
    const char **online;
    int n;
    chat_writer_t w;
    apr_status_t rv =
        chat_button_has(b, "name") ? chat_button_text(&name, b, "name") : APR_SUCCESS;
    if (rv == APR_SUCCESS)
        rv = chat_presence_list(&online, &n, b->call, &b->auth, name.text);
    if (rv != APR_SUCCESS)
        return rv;
    chat_button_answer(&w, b);
    chat_write_member_array(&w, "online");
    for (int i = 0; i < n; i++)
        chat_write_string(&w, online[i]);
    chat_write_end(&w);
    return chat_write_finish(&w);
}
