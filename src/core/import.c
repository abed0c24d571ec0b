/* SPDX-License-Identifier: Apache-2.0 */
/* Takes in records that may come from a stranger. */
#include "core/import.h"

#include "base/bounds.h"
#include "base/crypt.h"
#include "base/name.h"
#include "base/text.h"
#include "core/email.h"
#include "store/account.h"
#include "store/chatroom.h"
#include "store/incoming.h"

#include <apr_hash.h>
#include <apr_strings.h>
#include <string.h>

#define TEXT_BYTES 65536 /* of what has no bound of its own: lists of names, pictures */
#define RECENT_SECONDS 3600
#define FUTURE_SECONDS 86400
#define TIME_MAX (APR_INT64_C(253402300800) * APR_USEC_PER_SEC) /* the year 10000 */

struct chat_import_t {
    chat_tx_t *tx;
    apr_int64_t number, room; /* room: under way, 0: none yet */
    apr_int64_t last;         /* the chatroom's last_number */
    int table;                /* of the record before */
    apr_int64_t recipients;
    apr_hash_t *ids[2];          /* of the chatroom's accounts and channels, by uuid */
    apr_array_header_t *numbers; /* ids of the chatroom's messages, in order */
    apr_time_t time, last_time;  /* of the message before; the chatroom's */
    const char *owner;           /* the uuid of the chatroom's, who comes later */
    apr_pool_t *pool;
};

chat_import_t *chat_import_begin(chat_tx_t *tx, apr_int64_t number, apr_pool_t *pool)
{
    chat_import_t *im = apr_pcalloc(pool, sizeof(*im));
    im->tx = tx;
    im->number = number;
    im->pool = pool;
    return im;
}

/* --- rules of texts --- */

static int is_uuid(const char *s, apr_pool_t *pool)
{
    char read[CHAT_UUID_SIZE];
    (void)pool;
    return chat_uuid_parse(read, s) && !strcmp(read, s);
}

/* Guests have a mark before theirs. */
static int is_name(const char *s, apr_pool_t *pool)
{
    const char *key;
    return chat_name_spaced(&key, s + (*s == '~'), pool) == CHAT_NAME_OK;
}

static int is_channel(const char *s, apr_pool_t *pool)
{
    const char *key;
    return chat_name_channel(&key, s, pool) == CHAT_NAME_OK;
}

static int is_email(const char *s, apr_pool_t *pool)
{
    (void)pool;
    return chat_email_valid(s);
}

/* Nothing that is a password itself, and nothing that keeps a processor busy. */
static int is_hash(const char *s, apr_pool_t *pool)
{
    (void)pool;
    return chat_password_affordable(s) && strlen(s) < 256;
}

static int is_emoji(const char *s, apr_pool_t *pool)
{
    (void)pool;
    return chat_text_emoji(s, strlen(s));
}

static int is_body(const char *s, apr_pool_t *pool)
{
    (void)pool;
    return strlen(s) <= CHAT_MESSAGE_MAX;
}

static int is_external(const char *s, apr_pool_t *pool)
{
    (void)pool;
    return chat_external_valid(s);
}

static int is_text(const char *s, apr_pool_t *pool)
{
    (void)pool;
    return strlen(s) <= TEXT_BYTES;
}

static const struct {
    const char *name;
    int (*holds)(const char *s, apr_pool_t *pool);
    const char *what;
} rules[] = {
    {"uuid", is_uuid, "a uuid in lower case"},
    {"name", is_name, "a user name: 1 to 64 letters, digits and _ . - of one script"},
    {"room", is_channel, "a name: 1 to 64 printable characters"},
    {"channel", is_channel, "a name: 1 to 64 printable characters"},
    {"email", is_email, "an e-mail address"},
    {"hash", is_hash, "the hash of a password"},
    {"emoji", is_emoji, "one emoji"},
    {"body", is_body, "a text of at most a megabyte"},
    {"external", is_external,
     "user:NAME or sub:ID; check: is of a `chatctl check` that was killed: run it again "
     "before the export"},
    {"text", is_text, "a text of at most 64 kB"},
};

static const char *text_fault(const char *rule, const chat_value_t *v, apr_pool_t *pool)
{
    if (!v->is_text)
        return "a text";
    if (strlen(v->text) != v->len || !chat_text_valid(v->text, v->len))
        return "text in UTF-8";
    for (apr_size_t i = 0; i < sizeof(rules) / sizeof(*rules); i++)
        if (!strcmp(rules[i].name, rule))
            return rules[i].holds(v->text, pool) ? NULL : rules[i].what;
    return "known";
}

/* RULE is "time" or LEAST:MOST. */
static const char *number_fault(const char *rule, const chat_value_t *v, apr_pool_t *pool)
{
    apr_int64_t least = 0, most = TIME_MAX;
    const char *colon = strchr(rule, ':');
    if (colon) {
        least = apr_atoi64(rule);
        most = apr_atoi64(colon + 1);
    }
    if (!v->is_text && v->number >= least && v->number <= most)
        return NULL;
    return !colon ? "a time, in microseconds since 1970"
                  : apr_psprintf(pool, "a number from %s to %s",
                                 apr_pstrmemdup(pool, rule, (apr_size_t)(colon - rule)),
                                 colon + 1);
}

/* --- references --- */

static apr_hash_t *ids_of(const chat_import_t *im, int refers)
{
    return im->ids[refers == 1 + CHAT_TABLE_channel];
}

/* *OUT becomes what the database has instead of V. NULL, or what V ought to be. */
static const char *refer(chat_value_t *out, const chat_import_t *im, chat_part_t part,
                         int refers, const chat_value_t *v)
{
    const apr_int64_t *id;
    out->is_text = 0;
    if (part == CHAT_PART_MESSAGE) {
        if (v->is_text || v->number < 1 || v->number > im->last)
            return "the number of a message, at most the chatroom's last_number";
        out->number = CHAT_ROW_ID(im->room, v->number);
        return NULL;
    }
    id = v->is_text ? apr_hash_get(ids_of(im, refers), v->text, APR_HASH_KEY_STRING)
                    : NULL;
    if (!id)
        return part == CHAT_PART_ACCOUNT ? "the uuid of an account that came before"
                                         : "the uuid of a channel that came before";
    out->number = *id;
    return NULL;
}

static const char *fault_of(chat_value_t *out, const chat_import_t *im,
                            const chat_record_t *r, int i, apr_pool_t *pool)
{
    const chat_table_column_t *c = &chat_tables[r->table].column[i];
    const chat_value_t *v = &r->value[i];
    chat_part_t part = chat_record_part(r->table, i);
    *out = *v;
    if (v->is_text && !v->text) { /* nothing was said */
        if (part == CHAT_PART_NONE || !c->needed)
            return NULL;
        out->is_text = c->text;
        out->number = 0;
        /* 0 stands for all or none where a row does not need to be there */
        return c->text || c->bound || *c->rule == '1' || !strcmp(c->rule, "time")
                   ? "there"
                   : NULL;
    }
    if (part == CHAT_PART_NONE)
        return "left out";
    if (part > CHAT_PART_VALUE && r->table != CHAT_TABLE_chatroom)
        return refer(out, im, part, c->refers, v);
    if (part > CHAT_PART_VALUE)
        return text_fault("uuid", v, pool);
    if (c->key && r->table == CHAT_TABLE_chatroom)
        return number_fault("1:8388607", v, pool);
    return c->text ? text_fault(c->rule, v, pool) : number_fault(c->rule, v, pool);
}

/* --- what the importer finds out --- */

/* A guest's name is free again when it has ended. */
static void complete_account(chat_record_t *r, apr_pool_t *pool)
{
    const char *name = chat_record_value(r, "name")->text,
               *email = chat_record_value(r, "email")->text;
    if (chat_record_value(r, "rank")->number < CHAT_RANK_MEMBER &&
        chat_record_value(r, "state")->number == CHAT_ACCOUNT_CLOSED)
        name = apr_pstrcat(pool, "~", chat_record_value(r, "uuid")->text, NULL);
    chat_record_text(r, "name_key", chat_name_fold(name, pool));
    chat_record_text(r, "email_key", email ? chat_email_key(email, pool) : NULL);
}

static apr_status_t new_id(chat_import_t *im, chat_record_t *r)
{
    apr_hash_t *ids = ids_of(im, 1 + (int)r->table);
    apr_int64_t id;
    apr_status_t rv = chat_row_next(&id, im->tx, r->table);
    chat_record_number(r, "id", id);
    if (r->table == CHAT_TABLE_account || r->table == CHAT_TABLE_channel)
        apr_hash_set(ids, apr_pstrdup(im->pool, chat_record_value(r, "uuid")->text),
                     APR_HASH_KEY_STRING, apr_pmemdup(im->pool, &id, sizeof(id)));
    return rv;
}

/* The chatroom's owner and its counter. */
static void begin_room(chat_import_t *im, chat_record_t *r)
{
    const char *owner = chat_record_value(r, "owner_id")->text;
    im->room = im->number ? im->number : chat_record_value(r, "id")->number;
    im->last = chat_record_value(r, "last_number")->number;
    im->owner = owner ? apr_pstrdup(im->pool, owner) : NULL;
    im->ids[0] = apr_hash_make(im->pool);
    im->ids[1] = apr_hash_make(im->pool);
    im->numbers = apr_array_make(im->pool, 64, sizeof(apr_int64_t));
    im->time = 0;
    im->last_time = chat_record_value(r, "last_time")->number;
    chat_record_number(r, "id", im->room);
    chat_record_text(r, "owner_id", NULL);
}

static apr_status_t complete(chat_import_t *im, chat_record_t *r, apr_pool_t *pool)
{
    int room = chat_record_column(r->table, "room_id");
    if (room >= 0)
        chat_record_number(r, "room_id", im->room);
    if (r->table == CHAT_TABLE_account)
        complete_account(r, pool);
    if (r->table == CHAT_TABLE_channel || r->table == CHAT_TABLE_discord_link)
        chat_record_text(
            r, "name_key",
            chat_name_fold_channel(chat_record_value(r, "name")->text, pool));
    if (r->table == CHAT_TABLE_recipient) { /* the order comes at the end */
        chat_record_number(r, "position", -++im->recipients);
        chat_record_number(r, "others", 0);
        chat_record_number(r, "peer_id", 0);
    }
    return chat_tables[r->table].counted && r->table != CHAT_TABLE_chatroom
               ? new_id(im, r)
               : APR_SUCCESS;
}

static apr_status_t end_room(chat_import_t *im)
{
    const apr_int64_t *owner = NULL;
    apr_status_t rv = APR_SUCCESS;
    if (!im->room)
        return rv;
    if (im->owner)
        owner = apr_hash_get(im->ids[0], im->owner, APR_HASH_KEY_STRING);
    if (owner)
        rv = chat_room_set_owner(im->tx, im->room, *owner);
    return rv == APR_SUCCESS
               ? chat_incoming_finish(im->tx, im->room,
                                      apr_time_now() - apr_time_from_sec(RECENT_SECONDS))
               : rv;
}

static apr_status_t refuse(const char **why, const char *sentence)
{
    *why = sentence;
    return CHAT_REFUSED;
}

/* What the row before this one allows. */
static apr_status_t in_order(chat_import_t *im, const char **why, const chat_record_t *r)
{
    if (r->table == CHAT_TABLE_chatroom)
        return im->room && im->number ? refuse(why, "only one chatroom gets a number")
                                      : end_room(im);
    if (!im->room)
        return refuse(why, "a chatroom has to come first");
    if ((int)r->table < im->table)
        return refuse(why, apr_psprintf(im->pool, "a row of %s comes after one of %s",
                                        chat_tables[r->table].name,
                                        chat_tables[im->table].name));
    return APR_SUCCESS;
}

static int has_message(const chat_import_t *im, apr_int64_t id)
{
    const apr_int64_t *ids = (const apr_int64_t *)im->numbers->elts;
    int low = 0, high = im->numbers->nelts;
    while (low < high) {
        int middle = low + (high - low) / 2;
        if (ids[middle] < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low < im->numbers->nelts && ids[low] == id;
}

/* Numbers and times grow together: readers ask by either. */
static const char *add_message(chat_import_t *im, chat_record_t *r)
{
    apr_int64_t id = chat_record_value(r, "id")->number;
    apr_time_t time = chat_record_value(r, "created_at")->number;
    if (im->numbers->nelts &&
        id <= APR_ARRAY_IDX(im->numbers, im->numbers->nelts - 1, apr_int64_t))
        return "id has to be above that of the message before";
    if (time <= im->time || time > im->last_time)
        return "created_at has to be later than that of the message before, and not "
               "later than the chatroom's last_time";
    im->time = time;
    APR_ARRAY_PUSH(im->numbers, apr_int64_t) = id;
    return NULL;
}

/* A message that a row needs: the engine's complaint would name none. */
static const char *message_fault(chat_import_t *im, chat_record_t *r)
{
    int i = chat_record_column(r->table, "message_id");
    if (r->table == CHAT_TABLE_message)
        return add_message(im, r);
    return i < 0 || r->table == CHAT_TABLE_read_marker || r->table == CHAT_TABLE_report ||
                   r->table == CHAT_TABLE_audit || has_message(im, r->value[i].number)
               ? NULL
               : "message has to be the number of a message that came before";
}

static apr_status_t put(chat_import_t *im, const char **why, chat_record_t *r)
{
    const char *fault = message_fault(im, r);
    apr_status_t rv;
    if (fault)
        return refuse(why, fault);
    rv = chat_row_put(im->tx, r->table, r->value);
    return rv == CHAT_CONFLICT
               ? refuse(why, "the database or an earlier line has such a row: the same "
                             "uuid, name or key")
               : rv;
}

apr_status_t chat_import_record(chat_import_t *im, const char **why,
                                const chat_record_t *r, apr_pool_t *scratch)
{
    chat_record_t row = {.table = r->table};
    apr_status_t rv = in_order(im, why, r);
    if (rv != APR_SUCCESS)
        return rv;
    im->table = r->table;
    for (int i = 0; i < chat_tables[r->table].n; i++) {
        const char *fault = fault_of(&row.value[i], im, r, i, scratch);
        if (fault)
            return refuse(why,
                          apr_psprintf(im->pool, "%s has to be %s",
                                       chat_record_name(r->table, i, scratch), fault));
    }
    if (r->table == CHAT_TABLE_chatroom) {
        if (chat_record_value(&row, "last_time")->number >
            apr_time_now() + apr_time_from_sec(FUTURE_SECONDS))
            return refuse(why, "last_time has to be before tomorrow");
        begin_room(im, &row);
        rv = chat_incoming_place(im->tx, im->room);
        if (rv == CHAT_CONFLICT)
            return refuse(why, apr_psprintf(im->pool,
                                            "chatroom %" APR_INT64_T_FMT
                                            " has accounts, messages or invites",
                                            im->room));
    }
    if (rv == APR_SUCCESS)
        rv = complete(im, &row, scratch);
    return rv == APR_SUCCESS ? put(im, why, &row) : rv;
}

apr_status_t chat_import_end(chat_import_t *im)
{
    apr_status_t rv = end_room(im);
    return rv == APR_SUCCESS ? chat_rows_finish(im->tx) : rv;
}
