/* SPDX-License-Identifier: Apache-2.0 */
/* The dialects that are built in, and every route of them.
 *
 * A new endpoint touches four files: a route here, the function in the dialect's file
 * with its line in the dialect's header, the manual's page docs/<dialect>.md, and a test
 * in test/t. */
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
#define PASSWORD CHAT_ROUTE_PASSWORD
#define ADMIN (CHAT_ROUTE_ADMIN | CHAT_ROUTE_TOKEN)
#define READ (CHAT_GET | CHAT_POST)

#define BUTTON(name, flags)              \
    {                                    \
        "/" #name "/", CHAT_POST, flags, \
        {                                \
            .button = chat_button_##name \
        }                                \
    }

static const chat_route_t button[] = {
    BUTTON(register, BODY | CREATES | PASSWORD),
    BUTTON(login, BODY),
    BUTTON(generatetoken, BODY | CREATES | PASSWORD),
    BUTTON(gettoken, BODY),
    BUTTON(senddcmsgwithtoken, TOKEN | CREATES),
    BUTTON(senddcmsg, TOKEN | CREATES),
    BUTTON(getmessagesforeveryone, TOKEN | STEADY),
    BUTTON(getmysentmessages, TOKEN | STEADY),
    BUTTON(readmessagesfromchannel, TOKEN | STEADY),
    BUTTON(deletemessage, TOKEN),
    BUTTON(makechannel, TOKEN | CREATES),
    BUTTON(addusertochannel, TOKEN),
    BUTTON(sendmessage, TOKEN | CREATES),
    BUTTON(getchannels, TOKEN | STEADY),
    BUTTON(getdms, TOKEN | STEADY),
    BUTTON(senddm, TOKEN | CREATES),
    /* ours */
    BUTTON(listchannels, TOKEN | STEADY),
    BUTTON(joinchannel, TOKEN),
    BUTTON(leavechannel, TOKEN),
    BUTTON(listmembers, TOKEN | STEADY),
    BUTTON(changepassword, BODY),
    BUTTON(deleteaccount, BODY),
    BUTTON(discordcode, 0),
    {"/discord/interactions/", CHAT_POST, 0, {.button = chat_button_discord}},
    BUTTON(adminoverview, ADMIN),
    BUTTON(adminlistrooms, ADMIN),
    BUTTON(adminlistaccounts, ADMIN),
    BUTTON(adminsetaccount, ADMIN),
    BUTTON(adminlistoutbox, ADMIN),
    BUTTON(adminretryoutbox, ADMIN),
    {NULL, 0, 0, {NULL}},
};

#define CHATROOM(path, methods, flags, name) \
    {                                        \
        path, methods, flags,                \
        {                                    \
            .chatroom = chat_chatroom_##name \
        }                                    \
    }

static const chat_route_t chatroom[] = {
    CHATROOM("/chatroom/", CHAT_POST, CREATES | PASSWORD, create),
    CHATROOM("/chatroom/*", CHAT_GET, 0, show),
    CHATROOM("/login/*", READ, 0, login),
    CHATROOM("/users/*", CHAT_GET, 0, users),
    CHATROOM("/channels/*", READ, CREATES, channel_list),
    CHATROOM("/messages/*", READ, CREATES, messages),
    CHATROOM("/invites/*", READ, CREATES | UNSAFE | PASSWORD, invites),
    {NULL, 0, 0, {NULL}},
};

#define ANY_METHOD CHAT_ROUTE_ANY_METHOD
#define TEENDEVOPS(path, methods, flags, name)          \
    {"/" path "/",                                      \
     methods,                                           \
     ANY_METHOD | (flags),                              \
     {.teendevops = chat_teendevops_##name}},           \
    {                                                   \
        "/" path ".php", methods, ANY_METHOD | (flags), \
        {                                               \
            .teendevops = chat_teendevops_##name        \
        }                                               \
    }

static const chat_route_t teendevops[] = {
    TEENDEVOPS("channels/get", READ, 0, channels),
    TEENDEVOPS("chat/get", READ, 0, chat),
    TEENDEVOPS("users/get", CHAT_GET, 0, user),
    TEENDEVOPS("users/findsimilar", READ, 0, similar),
    TEENDEVOPS("auth/csrf", READ, 0, csrf),
    TEENDEVOPS("auth/login", CHAT_POST, 0, login),
    TEENDEVOPS("chat/send", CHAT_POST, CREATES, send),
    {NULL, 0, 0, {NULL}},
};

#define ANY (CHAT_GET | CHAT_POST | CHAT_PUT)
#define KINGLET(path, methods, flags, name) \
    {                                       \
        path, methods, flags,               \
        {                                   \
            .kinglet = chat_kinglet_##name  \
        }                                   \
    }

/* A path may end in three segments with the credentials, in one of two orders, and only
 * the store can tell some of them from the path's own. So a route here says how a path
 * begins, and the endpoint looks at the rest of it. */
static const chat_route_t kinglet[] = {
    KINGLET("/messages/**", READ, BODY | CREATES, messages),
    KINGLET("/users/activate/**", ANY, BODY | UNSAFE, users),
    KINGLET("/users/*/logout/**", ANY, BODY | UNSAFE, users),
    KINGLET("/users/**", ANY, BODY | CREATES, users),
    KINGLET("/lists/requests/**", CHAT_GET, BODY, lists),
    KINGLET("/lists/**", CHAT_GET, BODY | UNSAFE, lists),
    KINGLET("/time/**", CHAT_GET, 0, time),
    {NULL, 0, 0, {NULL}},
};

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
