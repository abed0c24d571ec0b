/* SPDX-License-Identifier: Apache-2.0 */
/* Networks of addresses. */
#include "base/network.h"

#include "base/text.h"

#include <apr_strings.h>
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

static const unsigned char mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

/* Into OUT; the number of bits of such an address, or 0. */
static int parse_address(unsigned char out[16], const char *text)
{
    if (inet_pton(AF_INET, text, out + sizeof(mapped)) == 1) {
        memcpy(out, mapped, sizeof(mapped));
        return 32;
    }
    return inet_pton(AF_INET6, text, out) == 1 ? 128 : 0;
}

/* Clears what stands behind BITS. */
static void clear(unsigned char address[16], int bits)
{
    for (int i = 0; i < 16; i++, bits -= 8) {
        if (bits < 8)
            address[i] &= (unsigned char)(bits > 0 ? 0xff00 >> bits : 0);
    }
}

int chat_network_parse(chat_network_t *out, const char *text)
{
    char address[CHAT_NETWORK_SIZE];
    const char *slash = strchr(text, '/');
    apr_size_t len = slash ? (apr_size_t)(slash - text) : strlen(text);
    apr_int64_t bits;
    int most;
    memset(out, 0, sizeof(*out));
    out->around = -1;
    if (len >= sizeof(address))
        return 0;
    apr_cpystrn(address, text, len + 1);
    most = parse_address(out->first, address);
    bits = most;
    if (!most ||
        (slash && (!chat_text_int64(&bits, slash + 1) || bits < 0 || bits > most)))
        return 0;
    out->bits = 128 - most + (int)bits;
    clear(out->first, out->bits);
    return 1;
}

void chat_network_text(char out[CHAT_NETWORK_SIZE], const chat_network_t *n)
{
    int v4 = n->bits >= 96 && !memcmp(n->first, mapped, sizeof(mapped));
    char address[CHAT_NETWORK_SIZE] = "";
    inet_ntop(v4 ? AF_INET : AF_INET6, n->first + (v4 ? sizeof(mapped) : 0), address,
              sizeof(address));
    apr_snprintf(out, CHAT_NETWORK_SIZE, "%s/%d", address, n->bits - (v4 ? 96 : 0));
}

static int has(const chat_network_t *n, const unsigned char address[16])
{
    unsigned char first[16];
    memcpy(first, address, sizeof(first));
    clear(first, n->bits);
    return !memcmp(first, n->first, sizeof(first));
}

int chat_network_has(const chat_network_t *n, const char *text)
{
    chat_network_t other;
    return chat_network_parse(&other, text) && other.bits >= n->bits &&
           has(n, other.first);
}

/* A network stands before those in it. */
static int compare(const void *a, const void *b)
{
    const chat_network_t *x = a, *y = b;
    int order = memcmp(x->first, y->first, sizeof(x->first));
    return order ? order : x->bits - y->bits;
}

void chat_network_sort(chat_network_set_t *set)
{
    qsort(set->list, (apr_size_t)set->n, sizeof(*set->list), compare);
    for (int i = 0; i < set->n; i++) {
        int around = i - 1;
        while (around >= 0 && !has(&set->list[around], set->list[i].first))
            around = set->list[around].around;
        set->list[i].around = around;
    }
}

int chat_network_find(const chat_network_set_t *set, const char *address, apr_time_t now)
{
    chat_network_t a;
    int low = 0, high = set->n;
    if (!set->n || !chat_network_parse(&a, address))
        return 0;
    while (low < high) {
        int middle = (low + high) / 2;
        if (memcmp(set->list[middle].first, a.first, sizeof(a.first)) <= 0)
            low = middle + 1;
        else
            high = middle;
    }
    /* the last one that begins at or before the address, or one around it */
    for (int i = low - 1; i >= 0; i = set->list[i].around) {
        const chat_network_t *n = &set->list[i];
        if (has(n, a.first) && (!n->until || n->until > now))
            return 1;
    }
    return 0;
}
