/* SPDX-License-Identifier: Apache-2.0
 * check.h - looks for damage in a database.
 */
#ifndef CHAT_STORE_CHECK_H
#define CHAT_STORE_CHECK_H

#include "store/store.h"

/* *FINDINGS: "" or a line for each kind of damage in a table: how many rows, the first
 * ten of them, what is wrong and the next step; before them what the engine itself finds,
 * up to 20 lines. TEXTS: also texts that are not UTF-8, which are read with U+FFFD in
 * them. CHAT_BROKEN: the rest could not be read. */
apr_status_t chat_store_check(const char **findings, chat_store_t *store, int texts,
                              apr_pool_t *pool);

/* The same, about what is no damage and yet should not be so: what was given up, what
 * waits too long, times to come, an emergency. */
apr_status_t chat_store_warnings(const char **findings, chat_store_t *store,
                                 apr_pool_t *pool);

#endif
