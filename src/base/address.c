/* SPDX-License-Identifier: Apache-2.0 */
#include "base/address.h"

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
    size_t len = host ? strcspn(host, "/?#") : 0, digits;
    unsigned i;
    if (!host || memchr(host, '@', len))
        return 0;
    for (i = 0; i < 2; i++) {
        size_t n = strlen(names[i]);
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
    size_t len;
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
