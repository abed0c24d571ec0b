/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the server (server.c) and the ways into it (listener.c). */
#ifndef RT_SERVER_PRIVATE_H
#define RT_SERVER_PRIVATE_H

#include "chatd/rt/server.h"

struct rt_server {
    rt_loop *loop;
    rt_peers *peers;
    rt_server_config config;
    rt_list conns;
    int stopping;
};

#endif
