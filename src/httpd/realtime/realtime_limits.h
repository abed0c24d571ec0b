/* SPDX-License-Identifier: Apache-2.0
 * realtime_limits.h - how much of httpd realtime clients may have, computed from the
 * MPM's configuration, and which of its settings will hurt.
 *
 *   what                      bound                      reason
 *   threads that are held     half of all threads        the other half serves the sites
 *   ... in one child          all but an eighth          a child that took realtime's
 *                                                        clients still answers others
 *   ... by one address        an eighth of these, 4 at   eight addresses are needed to
 * shut least                      others out; a page needs 1 or 2 parked in one child
 * half of what event allows  a child with half of its threads beside its threads, and
 * busy takes connections all the half of the descriptors    same; each needs two
 * descriptors
 *   ... by one address        an eighth of these, 32 at  as above; an office has one
 *                             least                      address
 *   waiting for chatd         2 s in all, with a thread  as long as a client waits before
 * it place; without one 503     gives up on a page; static files at once are never behind
 * chatd a poll's answer           heartbeat and 5 s          chatd answers by then any
 * other answer          10 s a child that ends         8 s                        chatd
 * parts over 5 s, clients have 3 s to close
 */
#ifndef CHAT_HTTPD_REALTIME_REALTIME_LIMITS_H
#define CHAT_HTTPD_REALTIME_REALTIME_LIMITS_H

#include "httpd/realtime/context.h"

/* Fills in the bounds of gen->realtime and logs what is chosen, and every warning. */
void chat_realtime_limits(chat_generation_t *gen);

#endif
