/* SPDX-License-Identifier: Apache-2.0 */
/* Acts of moderation on who has a socket: refused networks, mutes, emergencies. */
#include "chatd/chatd.h"
#include "core/networks.h"
#include "core/silence.h"
#include "store/emergency.h"

int chatd_address_refused(chatd_site_t *site, const char *address)
{
    chat_call_t call;
    chatd_site_call(&call, site);
    call.client = address;
    return chatd_site_ready(site) && chat_network_check(&call) != APR_SUCCESS;
}

int chatd_user_refused(const chatd_user_t *user)
{
    const rt_session *session = rt_socket_session(user->socket);
    return session &&
           chatd_address_refused(user->site, rt_session_client(session)->address);
}

static void close_refused(const chatd_member_t *m)
{
    for (rt_list *next, *l = m->users.next; l != &m->users; l = next) {
        chatd_user_t *user = rt_container(l, chatd_user_t, in_member);
        next = l->next;
        if (chatd_user_refused(user))
            rt_socket_close(user->socket, RT_REASON_KICKED, 1);
    }
}

void chatd_networks_look(chatd_site_t *site)
{
    const chatd_room_t *room;
    const chatd_member_t *m;
    chat_call_t call;
    apr_int64_t version;
    if (!site->rooms.used)
        return;
    chatd_site_call(&call, site);
    version = chat_network_renew(&call);
    if (version == site->networks)
        return;
    site->networks = version;
    for (size_t i = 0; (room = chatd_int_map_next(&site->rooms, &i, NULL));) {
        for (size_t k = 0; (m = chatd_int_map_next(&room->members, &k, NULL));)
            close_refused(m);
    }
}

void chatd_emergency_tell(chatd_user_t *user)
{
    const chatd_room_t *room = user->member->room;
    chat_emergency_t e;
    chat_call_t call;
    chat_tx_t *tx;
    apr_status_t rv;
    if (!room->emergency || !(user->variant & CHATD_EXTENDED))
        return;
    chatd_site_call(&call, user->site);
    rv = chat_call_begin(&tx, &call);
    if (rv == APR_SUCCESS)
        rv = chat_emergency_find(&e, tx, room->id, call.pool);
    if (chat_store_end(tx, rv) == APR_SUCCESS && e.since)
        chatd_send(user, chatd_render_emergency(e.reason, call.pool));
}

int chatd_member_silent(const chatd_member_t *m, apr_int64_t channel)
{
    chat_identity_t who;
    chat_channel_t ch;
    chat_call_t call;
    chat_tx_t *tx;
    apr_status_t rv;
    if (!m->muted && !m->room->emergency)
        return 0;
    chatd_site_call(&call, m->room->site);
    rv = chat_call_begin(&tx, &call);
    if (rv == APR_SUCCESS)
        rv = chat_identity_by_id(&who, tx, m->id, call.pool);
    if (rv == APR_SUCCESS && channel)
        rv = chat_channel_by_id(&ch, tx, m->id, channel, call.pool);
    if (rv == APR_SUCCESS)
        rv = chat_silence_check(&call, tx, &who, channel ? &ch : NULL);
    return chat_store_end(tx, rv) != APR_SUCCESS;
}
