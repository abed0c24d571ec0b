/* SPDX-License-Identifier: Apache-2.0
 * transfer.h - chatrooms as records that do not depend on a database's ids: an account
 * and a channel is its uuid, a message its number in the chatroom (docs/export.md).
 */
#ifndef CHAT_CORE_TRANSFER_H
#define CHAT_CORE_TRANSFER_H

#include "store/rows.h"

/* A row of TABLE; the values stand as its columns do. */
typedef struct chat_record_t {
    chat_table_id_t table;
    chat_value_t value[CHAT_TABLE_COLUMNS];
} chat_record_t;

/* What a column is in a record. */
typedef enum chat_part_t {
    CHAT_PART_NONE, /* not there: an importer finds it out itself */
    CHAT_PART_VALUE,
    CHAT_PART_ACCOUNT, /* text: the uuid */
    CHAT_PART_CHANNEL, /* the same */
    CHAT_PART_MESSAGE  /* the number */
} chat_part_t;
chat_part_t chat_record_part(chat_table_id_t table, int column);
/* The column's name in a record: without _id when it refers to something, unless another
 * has that name. */
const char *chat_record_name(chat_table_id_t table, int column, apr_pool_t *pool);

/* The place of a table's column NAME; -1. */
int chat_record_column(chat_table_id_t table, const char *name);
/* Fills R, which begins empty, by the names of columns. */
void chat_record_begin(chat_record_t *r, chat_table_id_t table);
chat_value_t *chat_record_value(chat_record_t *r, const char *column);
void chat_record_text(chat_record_t *r, const char *column, const char *text);
void chat_record_number(chat_record_t *r, const char *column, apr_int64_t n);

typedef apr_status_t (*chat_record_fn)(void *baton, const chat_record_t *r);

/* Gives SINK the records of ROOM: the chatroom first, then table by table, each in the
 * order of its key. The same content gives the same records, whatever the engine. What
 * SINK returns ends it. CHAT_NOTFOUND: there is no such chatroom. */
apr_status_t chat_export(chat_tx_t *tx, apr_int64_t room, chat_record_fn sink,
                         void *baton);

#endif
