/* SPDX-License-Identifier: Apache-2.0 */
/* What the proxy brings to chatd's HTTP socket. The first line is the value of the
 * module's header, the rest are other headers; it comes with and without its proof. */
#include "fuzz_chatd.h"
#include "wire/intake.h"
#include "wire/proof.h"

static void as_proof(const chat_secret_t *secret, const char *text, apr_pool_t *pool)
{
    const char *proven = chat_proof_add(text, CHAT_PROOF_CLIENT, secret, pool);
    char *copy = apr_pstrdup(pool, text);
    unsigned site;
    insist(!chat_proof_check(copy, CHAT_PROOF_CLIENT, secret) && !strcmp(copy, text));
    copy = apr_pstrdup(pool, proven);
    insist(!chat_proof_check(copy, CHAT_PROOF_COUNTS, secret) && !strcmp(copy, proven));
    insist(chat_proof_check(copy, CHAT_PROOF_CLIENT, secret) && !strcmp(copy, text));
    if (chat_proof_site(&site, text))
        insist(strtoull(text, NULL, 10) == site);
}

static void ask(chatd_t *d, const char *request, size_t len)
{
    static const char start[] = "HTTP/1.1 ";
    char answer[4096];
    int pair[2];
    ssize_t n;
    rt_arrival arrival = {.bytes = request, .len = len};
    arrival.client = rt_client_create(rt_server_peers(d->server), RT_ADDRESS_UNIX, 0, 0);
    insist(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) == 0);
    arrival.fd = pair[1];
    insist(rt_server_adopt(d->server, &arrival) == 0);
    rt_loop_step(d->loop, 0);
    rt_loop_step(d->loop, 0);
    n = recv(pair[0], answer, sizeof(answer), 0);
    insist(n <= 0 || (n > 12 && !memcmp(answer, start, sizeof(start) - 1)));
    close(pair[0]);
    fuzz_chatd_settle(d);
}

static void one(const char *text, size_t len, apr_pool_t *pool)
{
    static const struct {
        const char *head, *purpose;
    } ways[] = {
        {"GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\n" CHAT_INTAKE_CLIENT_HEADER
         ": ",
         CHAT_PROOF_CLIENT},
        {"GET " CHAT_INTAKE_COUNTS_PATH " HTTP/1.1\r\n" CHAT_INTAKE_COUNTS_HEADER ": ",
         CHAT_PROOF_COUNTS},
        {"GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\n" CHAT_INTAKE_CLIENT_HEADER
         ": ",
         NULL},
    };
    chatd_t *d = fuzz_chatd();
    const chat_secret_t *secret = &d->sites[0]->site.secret;
    size_t n = strcspn(text, "\r\n");
    const char *line = apr_pstrmemdup(pool, text, n), *rest = text + n;
    int before = fuzz_files_open();
    (void)len;
    rest += strspn(rest, "\r\n");
    as_proof(secret, line, pool);
    for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
        const char *request = apr_pstrcat(
            pool, ways[i].head,
            ways[i].purpose ? chat_proof_add(line, ways[i].purpose, secret, pool) : line,
            "\r\n", rest, "\r\n\r\n", NULL);
        ask(d, request, strlen(request));
    }
    insist(fuzz_files_open() == before);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_chatd();
    return fuzz_text(data, size, one);
}
