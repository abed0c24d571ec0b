/* SPDX-License-Identifier: Apache-2.0
 * fuzz.h - what fuzz programs share: a claim that must hold, a pool for each input,
 * requests to a dialect on a database of the process's own.
 */
#ifndef CHAT_TEST_FUZZ_H
#define CHAT_TEST_FUZZ_H

#include "api/dialects.h"
#include "store/store.h"

#include <apr_general.h>
#include <apr_strings.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static inline void insist(int truth)
{
    if (!truth)
        abort();
}

/* Runs ONE with the input as text, NUL behind it, and a pool. */
static inline int fuzz_text(const uint8_t *data, size_t size,
                            void (*one)(const char *text, size_t len, apr_pool_t *pool))
{
    static apr_pool_t *root;
    apr_pool_t *pool;
    if (!root) {
        insist(apr_initialize() == APR_SUCCESS && chat_crypt_init() == APR_SUCCESS);
        insist(apr_pool_create(&root, NULL) == APR_SUCCESS);
    }
    insist(apr_pool_create(&pool, root) == APR_SUCCESS);
    one(apr_pstrmemdup(pool, (const char *)data, size), size, pool);
    apr_pool_destroy(pool);
    return 0;
}

/* A request as an HTTP client writes it: METHOD PATH[?QUERY], headers, a blank line, the
 * body. Lines end with LF. */
typedef struct fuzz_request_t {
    chat_request_t request;
    apr_table_t *headers;
} fuzz_request_t;

static inline const char *fuzz_header(const chat_request_t *req, const char *name)
{
    return apr_table_get(((const fuzz_request_t *)req->baton)->headers, name);
}

static inline void fuzz_parse(fuzz_request_t *f, char *text, size_t len, apr_pool_t *pool)
{
    static const struct {
        const char *name;
        int method;
    } methods[] = {{"GET ", CHAT_GET},
                   {"POST ", CHAT_POST},
                   {"PUT ", CHAT_PUT},
                   {"DELETE ", CHAT_DELETE}};
    char *end = text + len, *line = text, *next, *colon;
    memset(f, 0, sizeof(*f));
    f->request.method = CHAT_GET;
    f->request.path = "/";
    f->request.mount = "";
    f->request.header = fuzz_header;
    f->request.baton = f;
    f->headers = apr_table_make(pool, 8);
    for (int first = 1; line < end; line = next, first = 0) {
        next = memchr(line, '\n', (size_t)(end - line));
        next = next ? next + 1 : end;
        if (next > line && next[-1] == '\n')
            next[-1] = '\0';
        if (first) {
            for (int i = 0; i < 4; i++) {
                size_t n = strlen(methods[i].name);
                if (!strncmp(line, methods[i].name, n)) {
                    f->request.method = methods[i].method;
                    line += n;
                }
            }
            f->request.path = line;
            if ((colon = strchr(line, '?'))) {
                *colon = '\0';
                f->request.query = colon + 1;
            }
        }
        else if (!*line) {
            line = next;
            break;
        }
        else if ((colon = strchr(line, ':'))) {
            *colon++ = '\0';
            apr_table_set(f->headers, line, colon + strspn(colon, " "));
        }
    }
    f->request.body = line < end ? line : "";
    f->request.body_len = line < end ? (apr_size_t)(end - line) : 0;
    f->request.content_type = apr_table_get(f->headers, "Content-Type");
}

static apr_pool_t *fuzz_site_pool;
static char fuzz_site_dir[] = "/dev/shm/chat-fuzz.XXXXXX";

static inline void fuzz_site_end(void)
{
    static const char *const ends[] = {"", "-wal", "-shm", ".lock"};
    char file[100];
    apr_pool_destroy(fuzz_site_pool);
    for (int i = 0; i < 4; i++) {
        apr_snprintf(file, sizeof(file), "%s/chat.db%s", fuzz_site_dir, ends[i]);
        unlink(file);
    }
    rmdir(fuzz_site_dir);
}

static inline const chat_site_t *fuzz_site(void)
{
    static chat_site_t site;
    apr_pool_t *pool;
    chat_database_t database;
    chat_source_t source;
    const char *why, *file;
    if (fuzz_site_pool)
        return &site;
    insist(apr_pool_create(&pool, NULL) == APR_SUCCESS && mkdtemp(fuzz_site_dir));
    fuzz_site_pool = pool;
    atexit(fuzz_site_end);
    file = apr_pstrcat(pool, fuzz_site_dir, "/chat.db", NULL);
    memset(&site.secret, 7, sizeof(site.secret));
    insist(chat_database_parse(&database, &why, "sqlite3", file, pool) == APR_SUCCESS);
    insist(chat_store_migrate(&database, -1, -1, &why, pool) == APR_SUCCESS);
    insist(chat_source_single(&source, &database, &why, pool) == APR_SUCCESS);
    insist(chat_store_create(&site.store, &database, &source, &site.log, pool) ==
           APR_SUCCESS);
    return &site;
}

/* TEXT as a request to DIALECT: it is answered, whatever it is. */
static inline void fuzz_serve(const chat_dialect_t *dialect, const char *text, size_t len,
                              apr_pool_t *pool)
{
    fuzz_request_t f;
    chat_settings_t settings = {.room = 1, .max_message = 65536};
    chat_response_t resp;
    const chat_route_t *route;
    chat_call_t c = {.pool = pool, .site = fuzz_site(), .settings = &settings};
    chat_rules_default(settings.limits);
    c.dialect = dialect->id;
    c.room = 1;
    c.address = "192.0.2.1";
    c.now = apr_time_now();
    fuzz_parse(&f, apr_pstrmemdup(pool, text, len), len, pool);
    route = chat_api_route(dialect, f.request.path);
    if (!route || f.request.body_len > chat_api_body_limit(&settings))
        return;
    chat_response_init(&resp, pool);
    chat_api_serve(dialect, route, &c, &f.request, &resp);
    insist(resp.status >= 200 && resp.status < 600 && resp.status != 500);
    insist(!resp.body.overflow);
}

#endif
