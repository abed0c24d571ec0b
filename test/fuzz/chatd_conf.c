/* SPDX-License-Identifier: Apache-2.0 */
/* Any text as chatd.conf: what is read is written, and reads the same again. */
#include "fuzz.h"
#include "wire/conf.h"

static void one(const char *text, size_t len, apr_pool_t *pool)
{
    chat_wire_conf_t conf, again;
    const char *why = NULL, *written, *twice;
    if (memchr(text, 0, len))
        return;
    chat_wire_conf_init(&conf, pool);
    chat_wire_conf_init(&again, pool);
    if (chat_wire_conf_read(&conf, &why, text, pool) != APR_SUCCESS) {
        insist(why != NULL);
        return;
    }
    written = chat_wire_conf_write(&conf, pool);
    insist(written != NULL);
    insist(chat_wire_conf_read(&again, &why, written, pool) == APR_SUCCESS);
    twice = chat_wire_conf_write(&again, pool);
    insist(twice && !strcmp(written, twice));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_text(data, size, one);
}
