/* SPDX-License-Identifier: Apache-2.0 */
/* One Socket.IO client: its time to join and to log in, its end. */
#include "chatd/rt/sio_private.h"

void party_close(rt_party *p, rt_reason reason)
{
    rt_session_close(p->session, reason);
}

static void on_timer(rt_timer *timer)
{
    rt_party *p = rt_container(timer, rt_party, timer);
    party_close(p, p->joined ? RT_REASON_AUTH_TIMEOUT : RT_REASON_CONNECT_TIMEOUT);
}

void party_await(rt_party *p)
{
    p->joined = 0;
    p->timer.fire = on_timer;
    rt_timer_set(p->sio->loop, &p->timer, p->sio->config.connect_timeout);
}

void party_joined(rt_party *p)
{
    unsigned auth = p->sio->config.auth_timeout;
    p->joined = 1;
    rt_timer_clear(&p->timer);
    if (auth && !p->trusted)
        rt_timer_set_at(p->sio->loop, &p->timer, p->opened + auth);
}

void party_left(rt_party *p)
{
    p->socket_count--;
    if (!p->socket_count)
        party_await(p);
}

void party_trust(rt_party *p)
{
    if (p->joined)
        rt_timer_clear(&p->timer);
    p->trusted = 1;
    rt_session_trust(p->session);
}

void party_send(rt_party *p, const rt_message_out *out)
{
    rt_message *message = rt_message_encode(out);
    for (uint32_t i = 0; i < message->count; i++)
        rt_session_send(p->session, message->parts[i]);
    rt_message_unref(message);
}
