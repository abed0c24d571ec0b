/* SPDX-License-Identifier: Apache-2.0 */
/* Button API V3: channels. */
#include "api/button.h"
#include "base/text.h"
#include "core/admin_remote.h"
#include "core/channels.h"
#include "core/policy.h"

apr_status_t chat_button_makechannel(chat_button_t *b)
{
    chat_text_t name;
    chat_new_channel_t wanted = {0};
    chat_channel_t ch;
    chat_writer_t w;
    apr_status_t rv = chat_button_text(&name, b, "name");
    if (rv != APR_SUCCESS)
        return rv;
    wanted.name = name.text;
    rv = chat_channel_make(&ch, b->call, &b->auth, &wanted);
    if (rv != APR_SUCCESS)
        return rv;
    chat_button_answer(&w, b);
    chat_write_member(&w, "message", "Channel created!");
    chat_write_member(&w, "channel_name", ch.name);
    chat_write_member_int(&w, "channel_id", ch.id);
    return chat_write_finish(&w);
}

apr_status_t chat_button_addusertochannel(chat_button_t *b)
{
    chat_text_t name, username;
    chat_channel_t ch;
    const char *added;
    chat_writer_t w;
    apr_status_t rv = chat_button_text(&name, b, "name");
    if (rv == APR_SUCCESS)
        rv = chat_button_text(&username, b, "username");
    if (rv == APR_SUCCESS)
        rv = chat_channel_add(&ch, &added, b->call, &b->auth, name.text, username.text);
    if (rv != APR_SUCCESS)
        return rv;
    chat_button_answer(&w, b);
    chat_write_member(&w, "message", "User added to channel!");
    chat_write_member(&w, "channel_name", ch.name);
    chat_write_member(&w, "username", added);
    return chat_write_finish(&w);
}

apr_status_t chat_button_getchannels(chat_button_t *b)
{
    chat_channels_t channels;
    chat_writer_t w;
    apr_status_t rv = chat_channels_joined(&channels, b->call, &b->auth);
    if (rv != APR_SUCCESS)
        return rv;
    if (!channels.n)
        return chat_button_say(b, 404, "You are not in any channels!");
    chat_button_answer(&w, b);
    chat_write_member_array(&w, "channels");
    for (int i = 0; i < channels.n; i++) {
        chat_write_object(&w);
        chat_write_member(&w, "channel_name", channels.list[i].name);
        chat_write_member_int(&w, "channel_id", channels.list[i].id);
        chat_write_end(&w);
    }
    return chat_write_finish(&w);
}

void chat_button_rights(chat_writer_t *w, int rights)
{
    char text[4] = "";
    apr_size_t n = 0;
    for (int i = 0; i < 3; i++) {
        if (rights & 1 << i)
            text[n++] = "rwx"[i];
    }
    text[n] = '\0';
    chat_write_member(w, "rights", text);
}

static void write_listed(chat_writer_t *w, const chat_channel_t *ch, int extended)
{
    chat_write_object(w);
    chat_write_member(w, "channel_name", ch->name);
    chat_write_member_int(w, "channel_id", ch->id);
    chat_write_member(w, "description", ch->description ? ch->description : "");
    chat_write_member_bool(w, "public", ch->public);
    chat_write_member_bool(w, "member", ch->joined);
    if (extended) {
        chat_button_rights(w, chat_policy_effective(ch->permissions, ch->public));
        chat_write_member_int(w, "slow_seconds", ch->slow);
    }
    chat_write_end(w);
}

apr_status_t chat_button_listchannels(chat_button_t *b)
{
    chat_channels_t channels;
    chat_writer_t w;
    chat_act_t act = {.call = b->call, .auth = &b->auth};
    int admin = 0, rank = 0;
    apr_status_t rv = chat_channels_visible(&channels, b->call, &b->auth);
    if (rv == APR_SUCCESS && b->call->site->admin) {
        rv = chat_admin_remote_check(b->call, &b->auth);
        admin = rv == APR_SUCCESS;
        if (rv == CHAT_REFUSED)
            rv = APR_SUCCESS;
    }
    if (rv == APR_SUCCESS && b->extended)
        rv = chat_act_rank(&rank, &act);
    if (rv != APR_SUCCESS)
        return rv;
    chat_button_answer(&w, b);
    chat_write_member_array(&w, "channels");
    for (int i = 0; i < channels.n; i++)
        write_listed(&w, &channels.list[i], b->extended);
    chat_write_end(&w);
    if (admin)
        chat_write_member_bool(&w, "admin", 1);
    if (b->extended)
        chat_write_member_int(&w, "rank", rank);
    return chat_write_finish(&w);
}

typedef apr_status_t (*membership_fn)(chat_channel_t *, chat_call_t *,
                                      const chat_auth_t *, const char *);

static apr_status_t change_membership(chat_button_t *b, membership_fn change,
                                      const char *text)
{
    chat_text_t name;
    chat_channel_t ch;
    chat_writer_t w;
    apr_status_t rv = chat_button_text(&name, b, "name");
    if (rv == APR_SUCCESS)
        rv = change(&ch, b->call, &b->auth, name.text);
    if (rv != APR_SUCCESS)
        return rv;
    chat_button_answer(&w, b);
    chat_write_member(&w, "message", text);
    chat_write_member(&w, "channel_name", ch.name);
    return chat_write_finish(&w);
}

apr_status_t chat_button_joinchannel(chat_button_t *b)
{
    return change_membership(b, chat_channel_join, "Joined channel!");
}

apr_status_t chat_button_leavechannel(chat_button_t *b)
{
    return change_membership(b, chat_channel_leave, "Left channel!");
}

apr_status_t chat_button_listmembers(chat_button_t *b)
{
    chat_text_t name;
    chat_members_t members;
    chat_writer_t w;
    apr_status_t rv = chat_button_text(&name, b, "name");
    if (rv == APR_SUCCESS)
        rv = chat_channel_members(&members, b->call, &b->auth, name.text);
    if (rv != APR_SUCCESS)
        return rv;
    chat_button_answer(&w, b);
    chat_write_member(&w, "channel_name", members.channel.name);
    chat_write_member_array(&w, "members");
    for (int i = 0; i < members.n; i++)
        chat_write_string(&w, members.names[i]);
    return chat_write_finish(&w);
}
