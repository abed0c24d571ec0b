/* SPDX-License-Identifier: Apache-2.0 */
/* The table of sessions that may be resumed, and its file. */
#include "chatd/resume_table.h"

#include "base/bounds.h"
#include "chatd/rt/alloc.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* 32,768 sessions in 5 MB; of a full set the oldest gives way. */
#define SETS 4096
#define WAYS CHAT_RESUMES_IN_SET
#define MAGIC UINT64_C(0x6368617464303032)

/* Clients choose pids: without a key of the table's own they could choose the set. */
typedef struct head_t {
    uint64_t magic;
    chat_secret_t key;
} head_t;

typedef struct content_t {
    head_t head;
    chatd_remembered_t entries[SETS * WAYS];
} content_t;

struct chatd_resume_table_t {
    int fd; /* -1: kept in this process alone */
    content_t content;
};

uint32_t chatd_resume_table_site(const char *params)
{
    uint32_t h = 2166136261u;
    for (; *params; params++)
        h = (h ^ (unsigned char)*params) * 16777619u;
    return h;
}

/* Not mapped: on a full disk a write to a mapped hole is a signal, pwrite() an error. */
static int write_at(const chatd_resume_table_t *m, const void *part, size_t len)
{
    off_t at = (const char *)part - (const char *)&m->content;
    return m->fd < 0 || pwrite(m->fd, part, len, at) == (ssize_t)len;
}

chatd_resume_table_t *chatd_resume_table_open(const char *file, int *kept)
{
    chatd_resume_table_t *m = rt_alloc(sizeof(*m));
    content_t *c = &m->content;
    m->fd = file ? open(file, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600) : -1;
    *kept = m->fd >= 0;
    if (!*kept || pread(m->fd, c, sizeof(*c), 0) < (ssize_t)sizeof(c->head) ||
        c->head.magic != MAGIC) {
        memset(c, 0, sizeof(*c));
        c->head.magic = MAGIC;
        chat_random_bytes(&c->head.key, sizeof(c->head.key));
        *kept = *kept && ftruncate(m->fd, 0) == 0;
    }
    *kept = *kept && write_at(m, &c->head, sizeof(c->head));
    return m;
}

void chatd_resume_table_close(chatd_resume_table_t *m)
{
    if (!m)
        return;
    if (m->fd >= 0)
        close(m->fd);
    free(m);
}

static chatd_remembered_t *set_of(chatd_resume_table_t *m, const char *pid)
{
    const content_t *c = &m->content;
    return m->content.entries +
           (size_t)(chat_hash_short(&c->head.key, pid, strlen(pid)) % SETS) * WAYS;
}

static int is_older(const chatd_remembered_t *r, const chatd_remembered_t *than)
{
    return !than || r->seen < than->seen;
}

int chatd_resume_table_put(chatd_resume_table_t *m, const chatd_remembered_t *r)
{
    chatd_remembered_t *set, *oldest = NULL, *own = NULL, *same = NULL, *place;
    int n = 0;
    if (!m)
        return 1;
    set = set_of(m, r->pid);
    for (int i = 0; i < WAYS; i++) {
        chatd_remembered_t *e = &set[i];
        int is_own = e->pid[0] && e->account == r->account && e->site == r->site;
        if (!strncmp(e->pid, r->pid, CHATD_SID_SIZE))
            same = e;
        if (is_older(e, oldest))
            oldest = e;
        if (is_own && is_older(e, own))
            own = e;
        n += is_own;
    }
    place = same ? same : n >= CHAT_RESUMES_PER_ACCOUNT ? own : oldest;
    *place = *r;
    return write_at(m, place, sizeof(*place));
}

int chatd_resume_table_get(chatd_remembered_t *out, chatd_resume_table_t *m,
                           const char *pid)
{
    chatd_remembered_t *set;
    if (!m || !*pid || strlen(pid) >= CHATD_SID_SIZE)
        return 0;
    set = set_of(m, pid);
    for (int i = 0; i < WAYS; i++) {
        if (strncmp(set[i].pid, pid, CHATD_SID_SIZE) != 0)
            continue;
        *out = set[i];
        /* what another program may have put into the file must still be text */
        out->pid[CHATD_SID_SIZE - 1] = out->sid[CHATD_SID_SIZE - 1] = '\0';
        out->token_hash[CHAT_HASH_HEX] = '\0';
        return 1;
    }
    return 0;
}
