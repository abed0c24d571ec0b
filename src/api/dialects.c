/* SPDX-License-Identifier: Apache-2.0 */
/* The dialects that are built in, with the routes of their headers. */
#include "api/dialects.h"

#include "api/button.h"
#include "api/chatroom.h"
#include "api/kinglet.h"
#include "api/teendevops.h"

#include <string.h>

#define BODY CHAT_ROUTE_BODY
#define TOKEN CHAT_ROUTE_TOKEN
#define CREATES CHAT_ROUTE_CREATES
#define STEADY CHAT_ROUTE_STEADY
#define UNSAFE CHAT_ROUTE_UNSAFE
#define GUEST CHAT_ROUTE_GUEST
#define PASSWORD CHAT_ROUTE_PASSWORD
#define ADMIN (CHAT_ROUTE_ADMIN | CHAT_ROUTE_TOKEN)
#define READ (CHAT_GET | CHAT_POST)

#define ANY_METHOD CHAT_ROUTE_ANY_METHOD
#define ANY (CHAT_GET | CHAT_POST | CHAT_PUT)

/* clang-format off */
#define END {NULL, 0, 0, {NULL}}
#define BUTTON(path, methods, flags, name) \
{path, methods, flags, {.button = chat_button_##name}},
#define CHATROOM(path, methods, flags, name) \
{path, methods, flags, {.chatroom = chat_chatroom_##name}},
#define TEENDEVOPS(path, methods, flags, name) \
{"/" path "/", methods, ANY_METHOD | (flags), {.teendevops = chat_teendevops_##name}}, \
{"/" path ".php", methods, ANY_METHOD | (flags), {.teendevops = chat_teendevops_##name}},
#define KINGLET(path, methods, flags, name) \
{path, methods, flags, {.kinglet = chat_kinglet_##name}},
/* clang-format on */

static const chat_route_t button[] = {CHAT_BUTTON_ROUTES(BUTTON) END};
static const chat_route_t chatroom[] = {CHAT_CHATROOM_ROUTES(CHATROOM) END};
static const chat_route_t teendevops[] = {CHAT_TEENDEVOPS_ROUTES(TEENDEVOPS) END};
static const chat_route_t kinglet[] = {CHAT_KINGLET_ROUTES(KINGLET) END};

const chat_dialect_t chat_dialect_button = {
    .id = CHAT_BUTTON,
    .name = "button",
    .default_prefix = "/api/v3",
    .routes = button,
    .run = chat_button_run,
    .refuse = chat_button_refuse,
};

const chat_dialect_t chat_dialect_chatroom = {
    .id = CHAT_CHATROOM,
    .name = "chatroom",
    .default_prefix = "/api/v0",
    .routes = chatroom,
    .headers = chat_chatroom_headers,
    .owner = chat_chatroom_owner,
    .run = chat_chatroom_run,
    .refuse = chat_chatroom_refuse,
};

const chat_dialect_t chat_dialect_teendevops = {
    .id = CHAT_TEENDEVOPS,
    .name = "teendevops",
    .default_prefix = "/api/v1",
    .routes = teendevops,
    .run = chat_teendevops_run,
    .refuse = chat_teendevops_refuse,
};

const chat_dialect_t chat_dialect_kinglet = {
    .id = CHAT_KINGLET,
    .name = "kinglet",
    .default_prefix = "/api/v1",
    .routes = kinglet,
    .owner = chat_kinglet_owner,
    .run = chat_kinglet_run,
    .refuse = chat_kinglet_refuse,
};

const chat_dialect_t *const chat_dialects[] = {
    &chat_dialect_button,
    &chat_dialect_chatroom,
    &chat_dialect_teendevops, /* before Kinglet: users/get/ is not a user of that name */
    &chat_dialect_kinglet,    /* last: it answers for what no other on its prefix has */
    NULL,
};

const chat_dialect_t *chat_dialect_by_name(const char *name)
{
    for (const chat_dialect_t *const *d = chat_dialects; *d; d++) {
        if (!strcmp((*d)->name, name))
            return *d;
    }
    return NULL;
}
