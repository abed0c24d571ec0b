/* SPDX-License-Identifier: Apache-2.0
 * unit.h - what every unit test needs: cmocka, a pool for each test, data files.
 */
#ifndef CHAT_TEST_UNIT_H
#define CHAT_TEST_UNIT_H

/* cmocka.h needs the others before it. */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <apr_file_io.h>
#include <apr_general.h>
#include <apr_pools.h>
#include <apr_strings.h>
#include <stdlib.h>
#include <string.h>

#ifndef CHAT_TEST_DATA
#define CHAT_TEST_DATA "test/data"
#endif

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* A test with a pool of its own as *state. */
#define POOL_TEST(f) cmocka_unit_test_setup_teardown(f, pool_setup, pool_teardown)

static inline int pool_setup(void **state)
{
    apr_pool_t *pool;
    if (apr_initialize() != APR_SUCCESS || apr_pool_create(&pool, NULL) != APR_SUCCESS)
        return -1;
    *state = pool;
    return 0;
}

static inline int pool_teardown(void **state)
{
    apr_pool_destroy(*state);
    apr_terminate();
    return 0;
}

/* The path of a test file or folder; the environment's CHAT_TEST_DATA goes first. */
static inline const char *data_path(const char *name, apr_pool_t *pool)
{
    const char *root = getenv("CHAT_TEST_DATA");
    return apr_pstrcat(pool, root ? root : CHAT_TEST_DATA, "/", name, NULL);
}

/* The file's bytes, NUL behind; NULL when it cannot be read. */
static inline const char *file_text(const char *path, apr_size_t *len, apr_pool_t *pool)
{
    apr_file_t *file;
    apr_finfo_t info;
    char *text;
    if (apr_file_open(&file, path, APR_READ, 0, pool) != APR_SUCCESS)
        return NULL;
    assert_int_equal(apr_file_info_get(&info, APR_FINFO_SIZE, file), APR_SUCCESS);
    text = apr_pcalloc(pool, (apr_size_t)info.size + 1);
    *len = 0;
    if (info.size)
        assert_int_equal(apr_file_read_full(file, text, (apr_size_t)info.size, len), 0);
    apr_file_close(file);
    return text;
}

static inline int ends_with(const char *s, const char *end)
{
    size_t n = strlen(s), m = strlen(end);
    return n >= m && strcmp(s + n - m, end) == 0;
}

/* Calls ONE with the path of each file in FOLDER whose name has ENDING; returns how many.
 */
static inline int each_file(const char *folder, const char *ending,
                            void (*one)(const char *path, apr_pool_t *pool),
                            apr_pool_t *pool)
{
    const char *path = data_path(folder, pool);
    apr_dir_t *dir;
    apr_finfo_t info;
    int count = 0;
    assert_int_equal(apr_dir_open(&dir, path, pool), APR_SUCCESS);
    while (apr_dir_read(&info, APR_FINFO_NAME, dir) == APR_SUCCESS) {
        if (info.name[0] != '.' && ends_with(info.name, ending)) {
            one(apr_pstrcat(pool, path, "/", info.name, NULL), pool);
            count++;
        }
    }
    apr_dir_close(dir);
    return count;
}

#endif
