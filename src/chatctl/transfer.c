/* SPDX-License-Identifier: Apache-2.0 */
/* chatctl export, import */
#include "base/status.h"
#include "core/import.h"
#include "lines.h"
#include "options.h"
#include "owner.h"
#include "print.h"
#include "site.h"
#include "store/chatroom.h"

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

static int import(chatctl_site_t *s)
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

/* clang-format off */
const chatctl_command_t chatctl_transfer_commands[] = {
    {"export", NULL, export_chatrooms, "FILE [--room N | --all]", 1, 1, CHATCTL_READS,
     "write a chatroom as JSON Lines, also while the site runs",
     "  FILE   a new file, or - for the standard output\n"
     "  --all  all chatrooms\n"},
    {"import", NULL, import, "FILE [--room N] [--state DIR | --conf FILE... | --database DRIVER:PARAMS]", 1, 1, CHATCTL_NONE,
     "add the chatrooms of an export, all of it or nothing",
     "  --room  the number that the only chatroom of the file gets\n"},
    {NULL, NULL, NULL, NULL, 0, 0, CHATCTL_NONE, NULL, NULL},
};
/* clang-format on */
