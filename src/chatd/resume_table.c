/* SPDX-License-Identifier: Apache-2.0 */
/* The table of sessions that may be resumed, and its file. */
#include "chatd/resume_table.h"

#include "chatd/rt/alloc.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* 32,768 sessions in 5 MB; the oldest of eight gives way. */
#define SETS 4096
#define WAYS 8
#define MAGIC UINT64_C(0x6368617464303031)

typedef struct content_t {
    uint64_t magic;
    chatd_remembered_t entries[SETS * WAYS];
} content_t;

struct chatd_resume_table_t {
    int fd; /* -1: kept in this process alone */
    content_t content;
};

static uint32_t fnv(const char *text)
{
    uint32_t h = 2166136261u;
    for (; *text; text++)
        h = (h ^ (unsigned char)*text) * 16777619u;
    return h;
}

uint32_t chatd_resume_table_site(const char *params)
{
    return fnv(params);
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
    if (m->fd >= 0 && (pread(m->fd, c, sizeof(*c), 0) < (ssize_t)sizeof(c->magic) ||
                       c->magic != MAGIC)) {
        memset(c, 0, sizeof(*c));
        if (ftruncate(m->fd, 0) != 0)
            *c = (content_t){0};
    }
    c->magic = MAGIC;
    *kept = m->fd >= 0 && write_at(m, &c->magic, sizeof(c->magic));
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
    return m->content.entries + (size_t)(fnv(pid) % SETS) * WAYS;
}

int chatd_resume_table_put(chatd_resume_table_t *m, const chatd_remembered_t *r)
{
    chatd_remembered_t *set, *oldest;
    if (!m)
        return 1;
    set = oldest = set_of(m, r->pid);
    for (int i = 0; i < WAYS; i++) {
        if (!strncmp(set[i].pid, r->pid, CHATD_SID_SIZE)) {
            oldest = &set[i];
            break;
        }
        if (set[i].seen < oldest->seen)
            oldest = &set[i];
    }
    *oldest = *r;
    return write_at(m, oldest, sizeof(*oldest));
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
