/* SPDX-License-Identifier: Apache-2.0
 * skeleton.h - what a name looks like: two names with one skeleton are one name to a
 * reader.
 */
#ifndef CHAT_BASE_SKELETON_H
#define CHAT_BASE_SKELETON_H

#include <apr_pools.h>

/* The skeleton of NAME (UTS 39, section 4), case folded: without what is invisible, each
 * character by its prototype, so `1`, `I` and Cyrillic letters by the Latin ones that
 * they look like. It is computed from the name as typed, not from its key: folding first
 * would make an `i` of the `I` that looks like `l`. NAME is one that base/name.h allows;
 * text that is not valid or too long is its own skeleton. In POOL; never shown. */
const char *chat_name_skeleton(const char *name, apr_pool_t *pool);

#endif
