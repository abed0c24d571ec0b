/* SPDX-License-Identifier: Apache-2.0 */
/* Names of dialects and limits; default limits. */
#include "core/site.h"

#include <string.h>

const char *chat_dialect_name(int dialect)
{
    static const char *const names[CHAT_DIALECTS] = {
        [CHAT_BUTTON] = "button",
        [CHAT_CHATROOM] = "chatroom",
        [CHAT_TEENDEVOPS] = "teendevops",
        [CHAT_KINGLET] = "kinglet",
    };
    return names[dialect];
}

const char *chat_limit_name(chat_limit_kind_t kind)
{
    static const char *const names[CHAT_LIMIT_KINDS] = {
        [CHAT_LIMIT_REQUESTS] = "requests",
        [CHAT_LIMIT_SENDS] = "sends",
        [CHAT_LIMIT_REGISTRATIONS] = "registrations",
        [CHAT_LIMIT_LOGINS] = "logins",
        [CHAT_LIMIT_CHANGES] = "changes",
        [CHAT_LIMIT_KILOBYTES] = "kilobytes",
    };
    return names[kind];
}

void chat_rules_default(chat_rule_t rules[CHAT_DIALECTS][CHAT_LIMIT_KINDS])
{
    static const chat_rule_t defaults[CHAT_LIMIT_KINDS] = {
        [CHAT_LIMIT_REQUESTS] = {0, 1, 1},
        [CHAT_LIMIT_SENDS] = {600, 60, 1},
        [CHAT_LIMIT_REGISTRATIONS] = {60, 3600, 1},
        [CHAT_LIMIT_LOGINS] = {11, 3600, 1},
        [CHAT_LIMIT_CHANGES] = {600, 60, 1},
        [CHAT_LIMIT_KILOBYTES] = {4096, 60, 1},
    };
    for (int d = 0; d < CHAT_DIALECTS; d++)
        memcpy(rules[d], defaults, sizeof(defaults));
    rules[CHAT_TEENDEVOPS][CHAT_LIMIT_REQUESTS] = (chat_rule_t){600, 3600, 1};
}
