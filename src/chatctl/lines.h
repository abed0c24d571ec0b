/* SPDX-License-Identifier: Apache-2.0
 * lines.h - JSON Lines: a first line that says what follows, an object for each row, a
 * last line that counts them (docs/export.md).
 */
#ifndef CHAT_CHATCTL_LINES_H
#define CHAT_CHATCTL_LINES_H

#include "chatctl.h"
#include "core/transfer.h"
#include "render/json.h"

#include <stdio.h>

/* Bytes of a line: a message of a megabyte, each of its bytes escaped. */
#define CHATCTL_LINE_BYTES (8 * 1024 * 1024)

typedef enum chatctl_lines_kind_t {
    CHATCTL_EXPORT, /* records of core/transfer.h */
    CHATCTL_BACKUP  /* rows as they are, with their ids */
} chatctl_lines_kind_t;

typedef struct chatctl_lines_t {
    FILE *file;
    const char *name; /* of the file, for complaints */
    chatctl_lines_kind_t kind;
    apr_int64_t schema; /* of a backup's database */
    apr_int64_t line, rows;
    char *buffer;     /* of the line that was read */
    apr_pool_t *pool; /* of the line under way, and what comes of it */
} chatctl_lines_t;

/* Writing. Each returns 0 when the file takes no more. */
int chatctl_lines_begin(chatctl_lines_t *l);
int chatctl_lines_put(chatctl_lines_t *l, const chat_record_t *r);
int chatctl_lines_end(chatctl_lines_t *l);

/* Reads the first line: sets kind and schema; begins at the file's beginning. NULL, or
 * the fault. */
const char *chatctl_lines_open(chatctl_lines_t *l, apr_pool_t *pool);
/* Reads the next row. APR_EOF after the last, whose count is right; CHAT_REFUSED with the
 * fault in *WHY. */
apr_status_t chatctl_lines_next(chatctl_lines_t *l, chat_record_t *r, const char **why);

#endif
