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

static int export_chatrooms(chatctl_site_t *s)
{
    chatctl_lines_t l = {.name = chatctl_arg(s, 0), .kind = CHATCTL_EXPORT};
    int fd = -1, rc = chatctl_site_leave(s);
    if (rc)
        return rc;
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

typedef struct take_t take_t;
struct take_t {
    /* Gives IM all records. CHAT_REFUSED: see why. */
    apr_status_t (*give)(take_t *k, chat_import_t *im);
    chatctl_lines_t lines;     /* of an export of ours */
    chatctl_foreign_t foreign; /* of another product's */
    apr_int64_t number;        /* --room, or 0 */
    const char *why;
    apr_pool_t *pool;
};

/* One unit for all of it: what fails leaves nothing behind. */
static apr_status_t take(chat_tx_t *tx, void *baton)
{
    take_t *k = baton;
    chat_import_t *im;
    apr_status_t rv;
    apr_pool_clear(k->pool);
    im = chat_import_begin(tx, k->number, k->pool);
    rv = k->give(k, im);
    return rv == APR_SUCCESS ? chat_import_end(im) : rv;
}

static apr_status_t give_lines(take_t *k, chat_import_t *im)
{
    chat_record_t r;
    apr_status_t rv;
    if ((k->why = chatctl_lines_open(&k->lines, k->pool)))
        return CHAT_REFUSED;
    if (k->lines.kind != CHATCTL_EXPORT) {
        k->why = "this is a backup; use `chatctl restore`";
        return CHAT_REFUSED;
    }
    while ((rv = chatctl_lines_next(&k->lines, &r, &k->why)) == APR_SUCCESS &&
           (rv = chat_import_record(im, &k->why, &r, k->lines.pool)) == APR_SUCCESS)
        continue;
    return rv == APR_EOF ? APR_SUCCESS : rv;
}

static int import_export(chatctl_site_t *s)
{
    take_t k = {.give = give_lines, .lines = {.name = chatctl_arg(s, 0)}};
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

static apr_status_t give_foreign(take_t *k, chat_import_t *im)
{
    return chatctl_foreign_give(&k->foreign, im, &k->why);
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

/* Reads all of it once before a unit begins, and again in the unit. */
static int import_foreign(chatctl_site_t *s, const chatctl_format_t *format)
{
    take_t k = {.give = give_foreign, .number = s->ctl->room};
    chatctl_foreign_t *f = &k.foreign;
    const char *why;
    apr_status_t rv;
    int rc;
    f->format = format;
    f->private = s->ctl->private;
    f->pool = s->ctl->pool;
    f->path = chatctl_arg(s, 0);
    f->name = apr_filepath_name_get(f->path);
    if ((why = chatctl_foreign_scan(f)))
        return fail_foreign(f, why);
    if ((rc = chatctl_site_open(s, CHATCTL_WRITES)) || (rc = chatctl_site_leave(s)))
        return rc;
    apr_pool_create(&k.pool, s->ctl->pool);
    rv = chat_store_write(s->site.store, take, &k);
    if (rv == CHAT_REFUSED)
        return fail_foreign(f, k.why);
    rc = chatctl_result(s, rv);
    return rc ? rc : tell_foreign(s, f);
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
