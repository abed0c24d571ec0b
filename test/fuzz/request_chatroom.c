/* SPDX-License-Identifier: Apache-2.0 */
/* Any request to the chatroom dialect, on a database: parameters, headers, cookies,
 * names, answers. */
#include "fuzz.h"

static void one(const char *text, size_t len, apr_pool_t *pool)
{
    fuzz_serve(&chat_dialect_chatroom, text, len, pool);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_text(data, size, one);
}
