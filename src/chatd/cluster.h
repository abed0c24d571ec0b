/* SPDX-License-Identifier: Apache-2.0
 * cluster.h - what comes from the other machines on a PostgreSQL database, and when this
 * one says that it is there.
 */
#ifndef CHAT_CHATD_CLUSTER_H
#define CHAT_CHATD_CLUSTER_H

#include "chatd/chatd.h"

/* On SQLite there are no others, and nothing happens. */
void chatd_cluster_begin(chatd_site_t *site);
/* Takes no more; says what is left to say. */
void chatd_cluster_end(chatd_site_t *site);

#endif
