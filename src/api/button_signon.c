/* SPDX-License-Identifier: Apache-2.0 */
/* Button API V3: users of the site, guests. */
#include "api/assertion.h"
#include "api/button.h"
#include "base/name.h"
#include "core/guests.h"

#include <apr_strings.h>
#include <string.h>

#define USER_MAX 255

/* What the browser adds by itself (a password, a certificate, a cookie) must not count
 * for a page of another site: neither by script nor by a form. */
static apr_status_t check_page(chat_button_t *b)
{
    static const char json[] = "application/json";
    const char *type = b->req->content_type;
    apr_size_t len = sizeof(json) - 1;
    if (b->req->stranger) {
        chat_call_refuse_origin(b->call, b->req->stranger);
        return chat_call_refuse(b->call, CHAT_P_STRANGER, "Origin");
    }
    if (!type || strncasecmp(type, json, len) || (type[len] && !strchr("; ", type[len])))
        return chat_call_refuse(b->call, CHAT_P_CONTENT_TYPE, "Content-Type");
    return APR_SUCCESS;
}

static apr_status_t answer(chat_button_t *b, const char *text, const chat_signed_t *in)
{
    chat_writer_t w;
    chat_button_answer(&w, b);
    chat_write_member(&w, "message", text);
    chat_write_member(&w, "username", in->who.name);
    chat_write_member(&w, "token", in->token);
    chat_write_member_bool(&w, "created", in->created);
    return chat_write_finish(&w);
}

static apr_status_t read_user(chat_signon_t *out, chat_button_t *b)
{
    chat_call_t *c = b->call;
    const char *user = b->req->user;
    memset(out, 0, sizeof(*out));
    if (!user)
        return chat_call_refuse(c, CHAT_P_NO_USER, NULL);
    if (strlen(user) > USER_MAX) {
        c->problem.number = CHAT_NAME_LONG;
        return chat_call_refuse(c, CHAT_P_NAME_RULE, "username");
    }
    out->external = apr_pstrcat(c->pool, "user:", user, NULL);
    out->name = user;
    out->rank = CHAT_RANK_GUEST;
    return APR_SUCCESS;
}

static apr_status_t read_assertion(chat_signon_t *out, chat_button_t *b)
{
    apr_size_t len;
    const char *text = chat_json_string(chat_json_member(b->body, "assertion"), &len);
    if (!b->call->site->sign_keys)
        return chat_signon_refuse(b->call, "ChatSignOnKey is off");
    return text ? chat_assertion_read(out, b->call, text, len)
                : chat_call_refuse(b->call, CHAT_P_INVALID, "assertion");
}

apr_status_t chat_button_signon(chat_button_t *b)
{
    chat_call_t *c = b->call;
    chat_signon_t user;
    chat_signed_t in;
    apr_status_t rv;
    if (!c->settings->trust_remote_user && !c->site->sign_keys)
        return chat_call_refuse_detail(c, CHAT_P_NO_ENDPOINT, NULL, b->req->path);
    rv = check_page(b);
    if (rv == APR_SUCCESS)
        rv = chat_button_has(b, "assertion") ? read_assertion(&user, b)
                                             : read_user(&user, b);
    if (rv == APR_SUCCESS)
        rv = chat_signon_enter(&in, c, &user);
    return rv == APR_SUCCESS ? answer(b, "Signed on!", &in) : rv;
}

apr_status_t chat_button_signoff(chat_button_t *b)
{
    apr_status_t rv = chat_signon_end(b->call, &b->auth);
    return rv == APR_SUCCESS ? chat_button_say(b, 200, "Signed off!") : rv;
}

apr_status_t chat_button_guest(chat_button_t *b)
{
    chat_signed_t in;
    chat_text_t name = {.text = NULL};
    apr_status_t rv;
    if (!b->call->site->guest_channels)
        return chat_call_refuse_detail(b->call, CHAT_P_NO_ENDPOINT, NULL, b->req->path);
    rv = check_page(b);
    if (rv == APR_SUCCESS && chat_button_has(b, "name"))
        rv = chat_button_text(&name, b, "name");
    if (rv == APR_SUCCESS)
        rv = chat_guest_enter(&in, b->call, name.text);
    return rv == APR_SUCCESS ? answer(b, "Welcome!", &in) : rv;
}
