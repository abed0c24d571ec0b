/* SPDX-License-Identifier: Apache-2.0 */
/* Any answer of Discord: status and headers from the first bytes, the rest is the body.
 */
#include "base/text.h"
#include "fuzz.h"
#include "outbox/discord_wire.h"

static void one(const char *text, size_t len, apr_pool_t *pool)
{
    static const long statuses[] = {0, 200, 204, 400, 401, 403, 404, 429, 500, 503};
    chat_http_answer_t a = {
        .reached = 1, .retry_after = -1, .reset_after = -1, .remaining = -1};
    chat_verdict_t verdict;
    if (len < 2)
        return;
    a.status = statuses[(unsigned char)text[0] % 10];
    a.error = a.status ? NULL : "no answer";
    a.retry_after = (double)(signed char)text[1] / 10;
    a.remaining = text[1] & 1;
    a.reset_after = text[1] & 2 ? 1e300 : -1;
    a.body = text + 2;
    a.len = len - 2;
    for (int repeatable = 0; repeatable < 2; repeatable++) {
        chat_discord_judge(&verdict, &a, repeatable, pool);
        insist(verdict.wait >= 0 && verdict.bucket_wait >= 0);
        insist(!verdict.id || strspn(verdict.id, "0123456789") == strlen(verdict.id));
    }
    if (chat_text_valid(a.body, a.len)) {
        insist(chat_discord_webhook_body(a.body, a.body, pool) != NULL);
        insist(chat_discord_message_body(a.body, "n", pool) != NULL);
        insist(chat_discord_webhook_url(a.body, pool) != NULL);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_text(data, size, one);
}
