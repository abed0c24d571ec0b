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
    int reader; /* a rank that may where it may read */
} rule_t;

#define READ CHAT_READ
#define X CHAT_ADMIN
#define MOD CHAT_RANK_MODERATOR
#define ADMIN CHAT_RANK_ADMIN

/* clang-format off */
static const rule_t rules[CHAT_ACTIONS] = {
    /*                           rights      joined rank   owner author reader */
    [CHAT_MAY_READ] =          { READ,       0,     0,     0,    0,     0 },
    [CHAT_MAY_WRITE] =         { CHAT_WRITE, 0,     0,     0,    0,     0 },
    [CHAT_MAY_EDIT] =          { 0,          0,     0,     0,    1,     0 },
    [CHAT_MAY_DELETE] =        { X,          0,     ADMIN, 1,    1,     MOD },
    [CHAT_MAY_HISTORY] =       { X,          0,     ADMIN, 1,    1,     MOD },
    [CHAT_MAY_REPORT] =        { READ,       0,     0,     0,    0,     0 },
    [CHAT_MAY_JOIN] =          { READ,       0,     0,     0,    0,     0 },
    [CHAT_MAY_ADD_MEMBER] =    { READ,       1,     0,     0,    0,     0 },
    [CHAT_MAY_KEEP_ORDER] =    { X,          0,     MOD,   1,    0,     0 },
    [CHAT_MAY_MANAGE] =        { X,          0,     ADMIN, 1,    0,     0 },
    [CHAT_MAY_CREATE_PUBLIC] = { 0,          0,     ADMIN, 1,    0,     0 },
    [CHAT_MAY_INVITE] =        { 0,          0,     ADMIN, 1,    0,     0 },
    [CHAT_MAY_ANNOUNCE] =      { 0,          0,     ADMIN, 0,    0,     0 },
    [CHAT_MAY_MODERATE] =      { 0,          0,     MOD,   1,    0,     0 },
    [CHAT_MAY_BAN] =           { 0,          0,     ADMIN, 1,    0,     0 },
    [CHAT_MAY_GOVERN] =        { 0,          0,     ADMIN, 1,    0,     0 },
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
    int rights;
    if (rule->owner && owner && owner == who->id)
        return 1;
    if (rule->rank && who->rank >= rule->rank)
        return 1;
    if (!rule->rights || !ch || (rule->joined && !ch->joined))
        return 0;
    rights = chat_policy_rights(who, ch, owner);
    if (rule->reader && who->rank >= rule->reader && rights & READ)
        return 1;
    return (rights & rule->rights) == rule->rights;
}

int chat_policy_allows_on(chat_action_t action, const chat_identity_t *who,
                          const chat_channel_t *ch, apr_int64_t owner, apr_int64_t author)
{
    return (rules[action].author && author && author == who->id) ||
           (ch && chat_policy_allows(action, who, ch, owner));
}

static int rank_of(const chat_identity_t *who, const chat_channel_t *ch,
                   apr_int64_t owner)
{
    int rank = who->rank;
    if (owner && owner == who->id && rank < ADMIN)
        return ADMIN;
    return rank < MOD && ch && chat_policy_rights(who, ch, 0) & X ? MOD : rank;
}

int chat_policy_above(const chat_identity_t *who, const chat_channel_t *ch,
                      const chat_identity_t *other, const chat_channel_t *others,
                      apr_int64_t owner)
{
    return rank_of(who, ch, owner) > rank_of(other, others, owner);
}
