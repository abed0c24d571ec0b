/*
 * bridge.h - messages to Discord: what the Button API's senddcmsg endpoints put into the
 * outbox. Delivery is the daemon's.
 */
#ifndef CHAT_CORE_BRIDGE_H
#define CHAT_CORE_BRIDGE_H

#include "core/messages.h"

/* For the site's webhook. Accepted also when there is none: then it waits for nobody, in
 * state no-target. */
apr_status_t chat_bridge_send(chat_call_t *c, const chat_auth_t *auth,
                              const chat_text_t *text);

/* To the Discord channel or person that the caller calls TARGET; CHAT_P_NO_LINK when an
 * administrator has linked none of that name to the account. */
apr_status_t chat_bridge_send_to(chat_call_t *c, const chat_auth_t *auth,
                                 const char *target, const chat_text_t *text);

#endif
