/* SPDX-License-Identifier: Apache-2.0 */
#include "chatd/rt/sio_private.h"

#include <stdlib.h>

/* One socket's place in one group. */
typedef struct {
    rt_list in_group;
    rt_list in_socket;
    rt_group *group;
    rt_socket *socket;
} member;

rt_group *rt_group_create(void)
{
    rt_group *group = rt_alloc(sizeof(*group));
    rt_list_init(&group->members);
    return group;
}

static void member_free(member *m)
{
    rt_list_remove(&m->in_group);
    rt_list_remove(&m->in_socket);
    m->group->count--;
    free(m);
}

void rt_group_destroy(rt_group *group)
{
    if (!group)
        return;
    while (!rt_list_empty(&group->members))
        member_free(rt_container(group->members.next, member, in_group));
    free(group);
}

void socket_leave_groups(rt_socket *socket)
{
    while (!rt_list_empty(&socket->groups))
        member_free(rt_container(socket->groups.next, member, in_socket));
}

/* A socket is in few groups, a group may have thousands of sockets. */
static member *find(const rt_group *group, const rt_socket *socket)
{
    rt_list *at;
    for (at = socket->groups.next; at != &socket->groups; at = at->next) {
        member *m = rt_container(at, member, in_socket);
        if (m->group == group)
            return m;
    }
    return NULL;
}

void rt_group_join(rt_group *group, rt_socket *socket)
{
    member *m;
    if (socket->state == SOCKET_CLOSED || find(group, socket))
        return;
    m = rt_alloc(sizeof(*m));
    m->group = group;
    m->socket = socket;
    rt_list_append(&group->members, &m->in_group);
    rt_list_append(&socket->groups, &m->in_socket);
    group->count++;
}

void rt_group_leave(rt_group *group, rt_socket *socket)
{
    member *m = find(group, socket);
    if (m)
        member_free(m);
}

int rt_group_has(const rt_group *group, const rt_socket *socket)
{
    return find(group, socket) != NULL;
}

unsigned rt_group_size(const rt_group *group)
{
    return group->count;
}

unsigned rt_group_send(rt_group *group, rt_message *message, const rt_socket *except)
{
    unsigned receivers = 0;
    rt_list *at;
    for (at = group->members.next; at != &group->members; at = at->next) {
        rt_socket *socket = rt_container(at, member, in_group)->socket;
        if (socket == except || socket->state != SOCKET_CONNECTED)
            continue;
        rt_socket_send(socket, message);
        receivers++;
    }
    return receivers;
}

void rt_group_each(rt_group *group, void (*visit)(void *data, rt_socket *socket),
                   void *data)
{
    rt_list *at, *next;
    for (at = group->members.next; at != &group->members; at = next) {
        rt_socket *socket = rt_container(at, member, in_group)->socket;
        next = at->next;
        if (socket->state == SOCKET_CONNECTED)
            visit(data, socket);
    }
}
