/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as text, name, number, and out as a JSON string. */
#include "base/text.h"

#include "base/name.h"
#include "fuzz.h"
#include "render/json.h"
#include "render/writer.h"

#include <errno.h>
#include <unistr.h>

static void as_number(const char *s)
{
    apr_int64_t n;
    double real;
    if (chat_text_int64(&n, s)) {
        errno = 0;
        insist(n == strtoll(s, NULL, 10) && errno == 0);
        insist(chat_text_double(&real, s));
    }
    if (chat_text_double(&real, s)) {
        char out[CHAT_REAL_SIZE];
        double again;
        chat_text_real(out, real);
        insist(chat_text_double(&again, out) && again == real);
    }
}

static void as_name(const char *s, apr_pool_t *pool)
{
    const char *account, *channel;
    const char *fold = chat_name_fold(s, pool);
    const char *key = chat_name_fold_channel(s, pool);
    if (chat_text_valid(s, strlen(s)))
        insist(chat_text_valid(fold, strlen(fold)));
    insist(strcmp(fold, chat_name_fold(fold, pool)) == 0);
    insist(strcmp(key, chat_name_fold_channel(key, pool)) == 0);
    if (chat_name_account(&account, s, pool) == CHAT_NAME_OK) {
        insist(strcmp(account, fold) == 0 && strlen(account) <= 255);
        insist(chat_name_channel(&channel, s, pool) == CHAT_NAME_OK);
    }
    if (chat_name_channel(&channel, s, pool) == CHAT_NAME_OK)
        insist(strcmp(channel, key) == 0 && strlen(channel) <= 255);
}

static void as_string(const char *s, size_t len, apr_pool_t *pool)
{
    for (unsigned flags = 0; flags < 4; flags++) {
        const chat_json_t *v;
        const char *why, *text;
        chat_buffer_t out;
        chat_writer_t w;
        chat_buffer_init(&out, len, len * 6 + 2, pool);
        chat_writer_json(&w, &out, flags);
        chat_write_bytes(&w, s, len);
        insist(!out.overflow);
        if (!chat_text_valid(s, len))
            continue;
        insist(chat_json_parse(&v, &why, out.data, out.len, pool) == APR_SUCCESS);
        text = chat_json_string(v, NULL);
        insist(strcmp(text, s) == 0);
    }
}

static void as_text(const char *s, size_t len)
{
    chat_text_kinds_t k;
    int valid = chat_text_valid(s, len);
    insist(valid == (!u8_check((const uint8_t *)s, len) && !memchr(s, 0, len)));
    if (valid) {
        chat_text_kinds(&k, s, len);
        insist((apr_size_t)k.length == chat_text_length(s, len));
        insist(k.letters + k.digits + k.symbols + k.blanks + k.controls <= k.length);
        insist(k.uppers <= k.letters);
        insist(chat_text_blank(s, len) == (k.blanks == k.length));
    }
}

static void one(const char *s, size_t size, apr_pool_t *pool)
{
    as_text(s, size);
    as_number(s);
    as_name(s, pool);
    as_string(s, size, pool);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_text(data, size, one);
}
