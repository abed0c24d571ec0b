/* SPDX-License-Identifier: Apache-2.0 */
/* JSON Lines: rows as objects, one a line. */
#include "lines.h"

#include "render/writer.h"

#include <apr_strings.h>
#include <string.h>

#define FORMAT 1

static const char *const kinds[] = {"export", "backup"};

static const char *name_of(const chatctl_lines_t *l, chat_table_id_t table, int column)
{
    return l->kind == CHATCTL_BACKUP ? chat_tables[table].column[column].name
                                     : chat_record_name(table, column, l->pool);
}

/* --- writing --- */

static void begin(chat_writer_t *w, chat_buffer_t *b, chatctl_lines_t *l)
{
    apr_pool_clear(l->pool);
    chat_buffer_init(b, 512, 2 * CHATCTL_LINE_BYTES, l->pool);
    chat_writer_json(w, b, 0);
    chat_write_object(w);
}

static int finish(chat_writer_t *w, chatctl_lines_t *l)
{
    chat_write_finish(w);
    chat_buffer_byte(w->out, '\n');
    return !w->out->overflow && fwrite(w->out->data, w->out->len, 1, l->file) == 1;
}

int chatctl_lines_begin(chatctl_lines_t *l)
{
    chat_buffer_t b;
    chat_writer_t w;
    begin(&w, &b, l);
    chat_write_member(&w, "mod_chat", kinds[l->kind]);
    chat_write_member_int(&w, "format", FORMAT);
    if (l->kind == CHATCTL_BACKUP)
        chat_write_member_int(&w, "schema", l->schema);
    return finish(&w, l);
}

int chatctl_lines_put(chatctl_lines_t *l, const chat_record_t *r)
{
    const chat_table_t *t = &chat_tables[r->table];
    chat_buffer_t b;
    chat_writer_t w;
    begin(&w, &b, l);
    chat_write_member(&w, "type", t->name);
    for (int i = 0; i < t->n; i++) {
        const chat_value_t *v = &r->value[i];
        if (v->is_text && !v->text)
            continue;
        chat_write_key(&w, name_of(l, r->table, i));
        if (v->is_text)
            chat_write_bytes(&w, v->text, v->len);
        else
            chat_write_int(&w, v->number);
    }
    l->rows++;
    return finish(&w, l);
}

int chatctl_lines_end(chatctl_lines_t *l)
{
    chat_buffer_t b;
    chat_writer_t w;
    begin(&w, &b, l);
    chat_write_member(&w, "type", "end");
    chat_write_member_int(&w, "rows", l->rows);
    return finish(&w, l) && !fflush(l->file);
}

/* --- reading --- */

/* *OUT: the object on the next line. NULL, or the fault. */
static const char *read_object(const chat_json_t **out, chatctl_lines_t *l)
{
    const char *why;
    apr_size_t len;
    apr_pool_clear(l->pool);
    if (!fgets(l->buffer, CHATCTL_LINE_BYTES, l->file))
        return ferror(l->file) ? "it cannot be read" : "the file ends too early";
    l->line++;
    len = strlen(l->buffer);
    if (!len || l->buffer[len - 1] != '\n')
        return len < CHATCTL_LINE_BYTES - 1 ? "the line is cut off, or has a zero byte"
                                            : "the line has more than 8 MB";
    if (chat_json_parse(out, &why, l->buffer, len, l->pool) != APR_SUCCESS)
        return why;
    return chat_json_type(*out) == CHAT_JSON_OBJECT ? NULL : "this is not an object";
}

static int is_text(const chat_json_t *o, const char *member, const char *text)
{
    const char *s = chat_json_string(chat_json_member(o, member), NULL);
    return s && !strcmp(s, text);
}

const char *chatctl_lines_open(chatctl_lines_t *l, apr_pool_t *pool)
{
    const chat_json_t *o;
    const char *why;
    apr_int64_t format = 0;
    rewind(l->file);
    l->line = l->rows = 0;
    apr_pool_create(&l->pool, pool);
    l->buffer = apr_palloc(pool, CHATCTL_LINE_BYTES);
    if ((why = read_object(&o, l)))
        return why;
    l->kind =
        is_text(o, "mod_chat", kinds[CHATCTL_BACKUP]) ? CHATCTL_BACKUP : CHATCTL_EXPORT;
    chat_json_integer(&l->schema, chat_json_member(o, "schema"));
    if (!chat_json_integer(&format, chat_json_member(o, "format")) ||
        !is_text(o, "mod_chat", kinds[l->kind]))
        return "this is no export or backup of mod_chat";
    return format == FORMAT ? NULL : "another version of mod_chat wrote this";
}

static int read_value(chat_value_t *out, const chat_json_t *v)
{
    *out = (chat_value_t){NULL, 0, 0, 1};
    switch (chat_json_type(v)) {
    case CHAT_JSON_STRING:
        out->text = chat_json_string(v, &out->len);
        return 1;
    case CHAT_JSON_INTEGER:
        out->is_text = 0;
        return chat_json_integer(&out->number, v);
    default:
        return chat_json_type(v) <= CHAT_JSON_NULL;
    }
}

static const char *read_row(chatctl_lines_t *l, chat_record_t *r, const chat_json_t *o)
{
    apr_size_t known = 1;
    for (int i = 0; i < chat_tables[r->table].n; i++) {
        const chat_json_t *v;
        r->value[i] = (chat_value_t){NULL, 0, 0, 1};
        if (l->kind == CHATCTL_EXPORT && chat_record_part(r->table, i) == CHAT_PART_NONE)
            continue;
        v = chat_json_member(o, name_of(l, r->table, i));
        known += v != NULL;
        if (!read_value(&r->value[i], v))
            return apr_pstrcat(l->pool, name_of(l, r->table, i),
                               " has to be a text or a whole number", NULL);
    }
    l->rows++;
    return known == chat_json_count(o)
               ? NULL
               : apr_pstrcat(l->pool, "there is a member that ",
                             chat_tables[r->table].name, " does not have", NULL);
}

/* NULL after the last line when nothing is missing and nothing follows. */
static const char *read_end(chatctl_lines_t *l, const chat_json_t *o)
{
    apr_int64_t rows;
    if (!chat_json_integer(&rows, chat_json_member(o, "rows")) || rows != l->rows)
        return apr_psprintf(
            l->pool, "rows has to be %" APR_INT64_T_FMT ": so many came before", l->rows);
    return getc(l->file) == EOF ? NULL : "something follows the end";
}

apr_status_t chatctl_lines_next(chatctl_lines_t *l, chat_record_t *r, const char **why)
{
    const chat_json_t *o;
    if ((*why = read_object(&o, l)))
        return CHAT_REFUSED;
    if (is_text(o, "type", "end"))
        return (*why = read_end(l, o)) ? CHAT_REFUSED : APR_EOF;
    for (int t = 0; t < CHAT_TABLES; t++)
        if ((l->kind == CHATCTL_BACKUP || chat_tables[t].exported) &&
            is_text(o, "type", chat_tables[t].name)) {
            r->table = t;
            return (*why = read_row(l, r, o)) ? CHAT_REFUSED : APR_SUCCESS;
        }
    *why = "type has to be the name of a table";
    return CHAT_REFUSED;
}
