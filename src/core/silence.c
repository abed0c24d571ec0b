/* SPDX-License-Identifier: Apache-2.0 */
/* Mutes, emergencies and slow mode, as those feel them who write. */
#include "core/silence.h"

#include "base/bounds.h"
#include "core/policy.h"
#include "store/chatroom.h"
#include "store/mute.h"

#include <string.h>

/* *EXEMPT: whether WHO may keep order in CH. */
static apr_status_t find_exempt(int *exempt, chat_call_t *c, chat_tx_t *tx,
                                const chat_identity_t *who, const chat_channel_t *ch)
{
    chat_room_t room;
    apr_status_t rv = chat_room_by_id(&room, tx, who->room, c->pool);
    *exempt =
        rv == APR_SUCCESS && chat_policy_allows(CHAT_MAY_KEEP_ORDER, who, ch, room.owner);
    return rv;
}

apr_status_t chat_silence_check(chat_call_t *c, chat_tx_t *tx, const chat_identity_t *who,
                                const chat_channel_t *ch)
{
    apr_time_t until;
    int exempt = 0;
    apr_status_t rv = APR_SUCCESS;
    if (who->emergency && chat_call_young(c, who->created)) {
        rv = find_exempt(&exempt, c, tx, who, ch);
        if (rv == APR_SUCCESS && !exempt)
            return chat_call_refuse(c, CHAT_P_EMERGENCY, NULL);
    }
    if (rv != APR_SUCCESS || !who->muted)
        return rv;
    rv = chat_mute_find(&until, tx, who->id, ch ? ch->id : 0, c->now);
    if (rv == APR_SUCCESS)
        return chat_refuse_number(&c->problem, CHAT_P_MUTED, until);
    return rv == CHAT_NOTFOUND ? APR_SUCCESS : rv;
}

apr_status_t chat_silence_check_text(chat_call_t *c, chat_tx_t *tx,
                                     const chat_identity_t *who, const char *text,
                                     const char *before)
{
    int says = text && *text && (!before || strcmp(text, before) != 0);
    return says ? chat_silence_check(c, tx, who, NULL) : APR_SUCCESS;
}

apr_status_t chat_silence_take(chat_call_t *c, chat_tx_t *tx, const chat_identity_t *who,
                               const chat_channel_t *ch)
{
    int slow = ch ? ch->slow : 0, exempt = 0;
    apr_interval_time_t wait = 0;
    apr_status_t rv = chat_silence_check(c, tx, who, ch);
    if (who->emergency && slow < CHAT_EMERGENCY_SLOW_SECONDS)
        slow = CHAT_EMERGENCY_SLOW_SECONDS;
    if (rv != APR_SUCCESS || !slow)
        return rv;
    rv = find_exempt(&exempt, c, tx, who, ch);
    if (rv == APR_SUCCESS && !exempt)
        rv = chat_slow_take(&wait, tx, who->id, ch ? ch->id : 0, c->now,
                            apr_time_from_sec(slow));
    if (rv == APR_SUCCESS && wait)
        return chat_refuse_number(&c->problem, CHAT_P_RATE,
                                  apr_time_sec(wait + APR_USEC_PER_SEC - 1));
    return rv;
}
