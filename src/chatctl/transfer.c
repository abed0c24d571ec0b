/* SPDX-License-Identifier: Apache-2.0 */
/* chatctl export, import */
#include "base/status.h"
#include "core/import.h"
#include "foreign.h"
#include "lines.h"
#include "options.h"
#include "owner.h"
#include "print.h"
#include "site.h"
#include "store/chatroom.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* --- export --- */

static apr_status_t put(void *baton, const chat_record_t *r)
{
    return chatctl_lines_put(baton, r) ? APR_SUCCESS : CHAT_FULL;
}

static apr_status_t export_rooms(chatctl_site_t *s, chatctl_lines_t *l)
{
    chat_room_t *rooms;
    chat_tx_t *tx;
    int n = 0;
    apr_status_t rv = chat_store_begin(&tx, s->site.store, s->ctl->pool);
    if (rv == APR_SUCCESS && s->ctl->all)
        rv = chat_room_all(&rooms, &n, tx, s->ctl->pool);
    else if (rv == APR_SUCCESS)
        rv = chat_export(tx, s->ctl->room, put, l);
    for (int i = 0; rv == APR_SUCCESS && i < n; i++)
        rv = chat_export(tx, rooms[i].id, put, l);
    return chat_store_end(tx, rv);
}

static int write_export(chatctl_site_t *s, chatctl_lines_t *l)
{
    apr_status_t rv;
    if (!chatctl_lines_begin(l))
        return chatctl_fail("cannot write %s: %s", l->name, strerror(errno));
    rv = export_rooms(s, l);
    if (rv == CHAT_NOTFOUND)
        return chatctl_fail("there is no such chatroom");
    if (rv == CHAT_FULL || (rv == APR_SUCCESS && !chatctl_lines_end(l)))
        return chatctl_fail("cannot write %s: %s", l->name, strerror(errno));
    return chatctl_result(s, rv);
}

/* The file is the caller's, not the user's whose the database is. */
static int export_chatrooms(chatctl_site_t *s)
{
    chatctl_lines_t l = {.name = chatctl_arg(s, 0), .kind = CHATCTL_EXPORT};
    chat_room_t *any;
    chat_tx_t *tx;
    int rc, fd = -1, n;
    apr_status_t rv = chat_store_begin(&tx, s->site.store, s->ctl->pool);
    if (rv == APR_SUCCESS)
        rv = chat_room_all(&any, &n, tx, s->ctl->pool);
    if ((rc = chatctl_result(s, chat_store_end(tx, rv))))
        return rc;
    chatctl_owner_leave();
    apr_pool_create(&l.pool, s->ctl->pool);
    if (!strcmp(l.name, "-"))
        l.file = stdout;
    else if ((fd = open(l.name, O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW | O_CLOEXEC,
                        0600)) < 0)
        return chatctl_fail("cannot create %s: %s", l.name, strerror(errno));
    else
        l.file = fdopen(fd, "w");
    rc = write_export(s, &l);
    if (fd < 0)
        return rc;
    if (!rc && fsync(fd))
        rc = chatctl_fail("cannot write %s: %s", l.name, strerror(errno));
    fclose(l.file);
    if (rc)
        unlink(l.name);
    return rc ? rc
              : chatctl_say(s->ctl, NULL, "%" APR_INT64_T_FMT " rows written to %s",
                            l.rows, l.name);
}

/* --- import --- */

typedef struct take_t {
    chatctl_lines_t lines;
    apr_int64_t number; /* --room, or 0 */
    const char *why;
    apr_pool_t *pool;
} take_t;

/* One unit for all of it: what fails leaves nothing behind. */
static apr_status_t take(chat_tx_t *tx, void *baton)
{
    take_t *k = baton;
    chat_import_t *im;
    chat_record_t r;
    apr_status_t rv = CHAT_REFUSED;
    apr_pool_clear(k->pool);
    im = chat_import_begin(tx, k->number, k->pool);
    if ((k->why = chatctl_lines_open(&k->lines, k->pool)))
        return rv;
    if (k->lines.kind != CHATCTL_EXPORT) {
        k->why = "this is a backup; use `chatctl restore`";
        return rv;
    }
    while ((rv = chatctl_lines_next(&k->lines, &r, &k->why)) == APR_SUCCESS &&
           (rv = chat_import_record(im, &k->why, &r, k->lines.pool)) == APR_SUCCESS)
        continue;
    return rv == APR_EOF ? chat_import_end(im) : rv;
}

static int import_export(chatctl_site_t *s)
{
    take_t k = {.lines = {.name = chatctl_arg(s, 0)}};
    apr_status_t rv;
    int rc, fd = chatctl_owner_open(k.lines.name, s->ctl->pool);
    if (fd < 0)
        return chatctl_fail("cannot read %s: %s", k.lines.name, strerror(errno));
    k.lines.file = fdopen(fd, "r");
    k.number = chatctl_given(s->ctl, "--room") ? s->ctl->room : 0;
    if ((rc = chatctl_site_open(s, CHATCTL_WRITES)))
        return rc;
    apr_pool_create(&k.pool, s->ctl->pool);
    rv = chat_store_write(s->site.store, take, &k);
    if (rv == CHAT_REFUSED)
        return chatctl_fail("%s, line %" APR_INT64_T_FMT ": %s; nothing was imported",
                            k.lines.name, k.lines.line, k.why);
    rc = chatctl_result(s, rv);
    return rc ? rc
              : chatctl_say(s->ctl, NULL, "%" APR_INT64_T_FMT " rows imported from %s",
                            k.lines.rows, k.lines.name);
}

/* --- import of other products' exports --- */

typedef struct take_foreign_t {
    chatctl_foreign_t *foreign;
    apr_int64_t number;
    const char *why;
    apr_pool_t *pool;
} take_foreign_t;

static apr_status_t take_foreign(chat_tx_t *tx, void *baton)
{
    take_foreign_t *k = baton;
    chat_import_t *im;
    apr_status_t rv;
    apr_pool_clear(k->pool);
    im = chat_import_begin(tx, k->number, k->pool);
    rv = chatctl_foreign_give(k->foreign, im, &k->why);
    return rv == APR_SUCCESS ? chat_import_end(im) : rv;
}

static int fail_foreign(const chatctl_foreign_t *f, const char *why)
{
    return f->entry ? chatctl_fail("%s, entry %d: %s; nothing was imported", f->file,
                                   f->entry, why)
                    : chatctl_fail("%s: %s; nothing was imported", f->file, why);
}

/* Each renamed person or channel is a line, then what was left out. */
static int tell_foreign(chatctl_site_t *s, const chatctl_foreign_t *f)
{
    const chatctl_member_t members[] = {
        {"accounts", NULL, f->people->nelts},
        {"channels", NULL, f->places->nelts},
        {"messages", NULL, f->messages},
        {"reactions_lost", NULL, f->lost},
        {"renamed", apr_array_pstrcat(s->ctl->pool, f->renamed, ','), 0},
        {NULL, NULL, 0}};
    for (int i = 0; !s->ctl->json && i < f->renamed->nelts; i++)
        chatctl_say(s->ctl, NULL, "%s", APR_ARRAY_IDX(f->renamed, i, const char *));
    if (!s->ctl->json && f->lost)
        chatctl_say(s->ctl, NULL,
                    "%" APR_INT64_T_FMT " reactions are no emoji of Unicode, or of no "
                    "account: they were left out",
                    f->lost);
    return chatctl_say(s->ctl, members,
                       "%" APR_INT64_T_FMT " messages of %d accounts in %d channels "
                       "imported into chatroom %ld",
                       f->messages, f->people->nelts, f->places->nelts, s->ctl->room);
}

/* Reads all of it once before a unit begins. The files are the caller's, who reads them
 * again in the unit: the connection is made before, with the rights of the database's
 * owner. */
static int import_foreign(chatctl_site_t *s, const chatctl_format_t *format)
{
    chatctl_foreign_t f = {.format = format, .private = s->ctl->private};
    take_foreign_t k = {.foreign = &f, .number = s->ctl->room};
    const char *why;
    chat_room_t *any;
    chat_tx_t *tx;
    int rc, n;
    apr_status_t rv;
    f.pool = s->ctl->pool;
    f.path = chatctl_arg(s, 0);
    f.name = apr_filepath_name_get(f.path);
    if ((why = chatctl_foreign_scan(&f)))
        return fail_foreign(&f, why);
    if ((rc = chatctl_site_open(s, CHATCTL_WRITES)))
        return rc;
    apr_pool_create(&k.pool, s->ctl->pool);
    rv = chat_store_begin(&tx, s->site.store, s->ctl->pool);
    if (rv == APR_SUCCESS)
        rv = chat_room_all(&any, &n, tx, s->ctl->pool);
    if ((rc = chatctl_result(s, chat_store_end(tx, rv))))
        return rc;
    chatctl_owner_leave();
    rv = chat_store_write(s->site.store, take_foreign, &k);
    if (rv == CHAT_REFUSED)
        return fail_foreign(&f, k.why);
    rc = chatctl_result(s, rv);
    return rc ? rc : tell_foreign(s, &f);
}

static int import(chatctl_site_t *s)
{
    const char *from = s->ctl->from;
    if (from && !strcmp(from, chatctl_slack.name))
        return import_foreign(s, &chatctl_slack);
    if (from && !strcmp(from, chatctl_discord.name))
        return import_foreign(s, &chatctl_discord);
    if (from)
        return chatctl_misused(s->ctl, "--from takes slack or discord");
    if (s->ctl->private)
        return chatctl_misused(s->ctl, "--private needs --from discord");
    return import_export(s);
}

/* clang-format off */
const chatctl_command_t chatctl_transfer_commands[] = {
    {"export", NULL, export_chatrooms, "FILE [--room N | --all]", 1, 1, CHATCTL_READS,
     "write a chatroom as JSON Lines, also while the site runs",
     "  FILE   a new file, or - for the standard output\n"
     "  --all  all chatrooms\n"},
    {"import", NULL, import, "FILE [--room N] [--from slack|discord [--private]] [--state DIR | --conf FILE... | --database DRIVER:PARAMS]", 1, 1, CHATCTL_NONE,
     "add the chatrooms of an export, all of it or nothing",
     "  --room     the number that the only chatroom of the file gets\n"
     "  --from     FILE is Slack's export, unpacked, or a file or folder of DiscordChatExporter's JSON\n"
     "  --private  Discord: only those who wrote in a channel are to read it\n"},
    {NULL, NULL, NULL, NULL, 0, 0, CHATCTL_NONE, NULL, NULL},
};
/* clang-format on */
