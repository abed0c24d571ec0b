/* SPDX-License-Identifier: Apache-2.0 */
/* Any text as an id, an address, a mail address, a time, a signature. */
#include "api/chatroom.h"
#include "base/address.h"
#include "base/text.h"
#include "core/email.h"
#include "fuzz.h"

#define ROOM "0f8fad5b-d9cb-469f-a165-70867728950e"

static void one(const char *text, size_t len, apr_pool_t *pool)
{
    char id[CHAT_UUID_SIZE], again[CHAT_UUID_SIZE], address[CHAT_ADDRESS_SIZE];
    apr_int64_t number;
    apr_time_t time;
    if (chat_uuid_parse(id, text)) {
        insist(chat_uuid_parse(again, id) && !strcmp(id, again));
        insist(chat_uuid_read(again, text) && !strcmp(id, again));
    }
    number = chat_uuid_number(text, ROOM);
    insist(number >= 0 && number < APR_INT64_C(1) << 48);
    if (number) {
        chat_uuid_message(id, ROOM, number);
        insist(chat_uuid_number(id, ROOM) == number);
    }
    insist(!chat_address_is_loopback(text) || strstr(text, "://"));
    insist(!chat_address_valid(text) || strstr(text, "://"));
    chat_address_counted(address, text);
    insist(strlen(address) < sizeof(address));
    if (chat_text_valid(text, len) && chat_email_valid(text)) {
        const char *key = chat_email_key(text, pool);
        insist(!strcmp(key, chat_email_key(key, pool)));
    }
    chat_chatroom_time(&time, text);
    insist(!chat_signature_valid(text, text, "1", text, len));
    insist(chat_equal_secret(text, text));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_text(data, size, one);
}
