/* SPDX-License-Identifier: Apache-2.0
 * proof.h - texts that only httpd's module can write.
 *
 * Such a text is "SITE ... PROOF": it begins with the site's number and ends with the
 * hash, keyed with the site's secret and a purpose, of all text before it.
 */
#ifndef CHAT_WIRE_PROOF_H
#define CHAT_WIRE_PROOF_H

#include "base/crypt.h"

#include <apr_pools.h>

/* Purposes. */
#define CHAT_PROOF_CLIENT "realtime-client"
#define CHAT_PROOF_COUNTS "realtime-counts"

/* TEXT, which begins with the site's number, with its proof. Lives as long as POOL. */
const char *chat_proof_add(const char *text, const char *purpose,
                           const chat_secret_t *secret, apr_pool_t *pool);

/* The number that TEXT begins with; 0 when it begins with none. */
int chat_proof_site(unsigned *site, const char *text);

/* Whether TEXT ends with its proof, which is cut off then. */
int chat_proof_check(char *text, const char *purpose, const chat_secret_t *secret);

#endif
