/* SPDX-License-Identifier: Apache-2.0 */
/* The table of who may do what. */
#include "core/policy.h"

/* An action needs all rights of `rights` in its channel, or the rank, or ownership of the
 * chatroom; a column that is 0 permits nothing by itself. */
typedef struct rule_t {
    int rights;
    int joined; /* and to have joined the channel */
    int rank;
    int owner;
    int author; /* of the message */
} rule_t;

/* clang-format off */
static const rule_t rules[CHAT_ACTIONS] = {
    /*                           rights      joined  rank             owner author */
    [CHAT_MAY_READ] =          { CHAT_READ,  0,      0,               0,    0 },
    [CHAT_MAY_WRITE] =         { CHAT_WRITE, 0,      0,               0,    0 },
    [CHAT_MAY_EDIT] =          { 0,          0,      0,               0,    1 },
    [CHAT_MAY_DELETE] =        { 0,          0,      0,               0,    1 },
    [CHAT_MAY_HISTORY] =       { 0,          0,      0,               0,    1 },
    [CHAT_MAY_JOIN] =          { CHAT_READ,  0,      0,               0,    0 },
    [CHAT_MAY_ADD_MEMBER] =    { CHAT_READ,  1,      0,               0,    0 },
    [CHAT_MAY_GRANT] =         { 0,          0,      CHAT_RANK_ADMIN, 1,    0 },
    [CHAT_MAY_CREATE_PUBLIC] = { 0,          0,      CHAT_RANK_ADMIN, 1,    0 },
    [CHAT_MAY_INVITE] =        { 0,          0,      CHAT_RANK_ADMIN, 1,    0 },
    [CHAT_MAY_ANNOUNCE] =      { 0,          0,      CHAT_RANK_ADMIN, 0,    0 },
};
/* clang-format on */

int chat_policy_rights(const chat_identity_t *who, const chat_channel_t *ch,
                       apr_int64_t owner)
{
    int rights = chat_policy_effective(ch->permissions, ch->public);
    if (who->rank == CHAT_RANK_GUEST)
        return chat_policy_guest(ch->permissions, ch->public);
    if (owner && owner == who->id)
        rights |= CHAT_ADMIN;
    return rights;
}

int chat_policy_allows(chat_action_t action, const chat_identity_t *who,
                       const chat_channel_t *ch, apr_int64_t owner)
{
    const rule_t *rule = &rules[action];
    if (rule->owner && owner && owner == who->id)
        return 1;
    if (rule->rank && who->rank >= rule->rank)
        return 1;
    if (!rule->rights || !ch || (rule->joined && !ch->joined))
        return 0;
    return (chat_policy_rights(who, ch, owner) & rule->rights) == rule->rights;
}

int chat_policy_allows_on(chat_action_t action, const chat_identity_t *who,
                          const chat_channel_t *ch, apr_int64_t owner, apr_int64_t author)
{
    return (rules[action].author && author && author == who->id) ||
           chat_policy_allows(action, who, ch, owner);
}
