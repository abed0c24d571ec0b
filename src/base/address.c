/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses of servers and of clients. */
#include "base/address.h"

#include <apr.h>
#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

/* The text behind "https://" or "http://", or NULL. */
static const char *behind_scheme(const char *url, int *tls)
{
    *tls = !strncasecmp(url, "https://", 8);
    if (*tls)
        return url + 8;
    return strncasecmp(url, "http://", 7) ? NULL : url + 7;
}

int chat_address_is_loopback(const char *url)
{
    static const char *const names[] = {"localhost", "[::1]"};
    int tls;
    const char *host = behind_scheme(url, &tls);
    apr_size_t len = host ? strcspn(host, "/?#") : 0, digits;
    if (!host || memchr(host, '@', len))
        return 0;
    for (unsigned i = 0; i < 2; i++) {
        apr_size_t n = strlen(names[i]);
        if (!strncasecmp(host, names[i], n) && (n == len || host[n] == ':'))
            return 1;
    }
    digits = strspn(host, "0123456789.");
    return !strncmp(host, "127.", 4) && (digits == len || host[digits] == ':');
}

int chat_address_valid(const char *url)
{
    int tls;
    const char *host = behind_scheme(url, &tls), *p;
    apr_size_t len;
    for (p = url; *p; p++) {
        if (*p <= ' ' || *p > '~' || strchr("\"\\<>#^`{|}", *p))
            return 0;
    }
    if (!host)
        return 0;
    len = strcspn(host, "/?");
    if (!len || *host == ':' || memchr(host, '@', len))
        return 0;
    return tls || chat_address_is_loopback(url);
}

/* The first KEPT of BYTES as a network. */
static void write_network(char *out, unsigned char *bytes, int kept)
{
    apr_size_t len;
    memset(bytes + kept, 0, (apr_size_t)(16 - kept));
    inet_ntop(AF_INET6, bytes, out, CHAT_ADDRESS_SIZE);
    len = strlen(out);
    memcpy(out + len, kept == 8 ? "/64" : "/48", sizeof("/64"));
}

void chat_address_counted(char out[CHAT_ADDRESS_SIZE], const char *address)
{
    static const unsigned char mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    unsigned char bytes[16];
    apr_size_t len = strcspn(address, "%");
    if (len >= CHAT_ADDRESS_SIZE)
        len = CHAT_ADDRESS_SIZE - 1;
    memcpy(out, address, len);
    out[len] = '\0';
    if (inet_pton(AF_INET6, out, bytes) != 1)
        return;
    if (!memcmp(bytes, mapped, sizeof(mapped))) {
        inet_ntop(AF_INET, bytes + 12, out, CHAT_ADDRESS_SIZE);
        return;
    }
    write_network(out, bytes, 8);
}

int chat_address_network(char out[CHAT_ADDRESS_SIZE], const char *counted)
{
    unsigned char bytes[16];
    apr_size_t len = strcspn(counted, "/");
    memcpy(out, counted, len);
    out[len] = '\0';
    if (inet_pton(AF_INET6, out, bytes) != 1)
        return 0;
    write_network(out, bytes, 6);
    return 1;
}
