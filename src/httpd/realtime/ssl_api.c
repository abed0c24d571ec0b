/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the functions of mod_ssl's OpenSSL. */
#include "httpd/realtime/ssl_api.h"

#include <httpd.h>
#include <apr_dso.h>
#include <apr_strings.h>
#include <dlfcn.h>
#include <http_config.h>
#include <stddef.h>

/* Through mod_ssl's handle, the libraries that it needs are searched. Linked into httpd
 * it has none. */
static void *find(const module *ssl, const char *name)
{
    apr_dso_handle_sym_t found = NULL;
    if (!ssl->dynamic_load_handle)
        return dlsym(RTLD_DEFAULT, name);
    return apr_dso_sym(&found, ssl->dynamic_load_handle, name) == APR_SUCCESS ? found
                                                                              : NULL;
}

const char *chat_ssl_api_load(chat_ssl_api_t *api, apr_pool_t *pool)
{
    static const struct {
        const char *name;
        apr_size_t at;
    } table[] = {
#define CRYPTO_ROW(f) {#f, offsetof(chat_ssl_api_t, crypto.f)},
#define ROW(f) {#f, offsetof(chat_ssl_api_t, f)},
        CHAT_TLS_CRYPTO(CRYPTO_ROW) CHAT_SSL_FUNCTIONS(ROW)
#undef CRYPTO_ROW
#undef ROW
    };
    const module *ssl = ap_find_linked_module("mod_ssl.c");
    const char *version;
    if (!ssl)
        return "mod_ssl is not loaded";
    for (apr_size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
        void *found = find(ssl, table[i].name);
        if (!found)
            return apr_psprintf(pool, "mod_ssl's library has no %s", table[i].name);
        memcpy((char *)api + table[i].at, &found, sizeof(found));
    }
    version = api->OpenSSL_version(0);
    return strncmp(version, "OpenSSL ", 8)
               ? apr_psprintf(pool, "mod_ssl's library is %s", version)
               : NULL;
}
