/* SPDX-License-Identifier: Apache-2.0
 * resume_table.h - sessions that may be resumed: which account stood behind a pid.
 *
 * A fixed number of entries in memory, written to a file as well, so that they outlive
 * the process (they need not outlive the machine: after a lost entry the client starts a
 * new session and learns that). Holds the keyed hash of the token, never the token.
 */
#ifndef CHAT_CHATD_RESUME_TABLE_H
#define CHAT_CHATD_RESUME_TABLE_H

#include "base/crypt.h"

#include <stdint.h>

#define CHATD_SID_SIZE 24

typedef struct chatd_resume_table_t chatd_resume_table_t;

typedef struct chatd_remembered_t {
    char pid[CHATD_SID_SIZE], sid[CHATD_SID_SIZE];
    char token_hash[CHAT_HASH_SIZE];
    uint8_t spare[3];
    uint32_t site; /* of the name, see chatd_resume_table_site */
    uint32_t ids;  /* the client asked for ids */
    int64_t account;
    int64_t seen; /* microseconds */
} chatd_remembered_t;

/* FILE (or NULL) is created when it is missing; one that is not ours is emptied. *KEPT is
 * 0 when it cannot be used: the table then ends with the process. */
chatd_resume_table_t *chatd_resume_table_open(const char *file, int *kept);
void chatd_resume_table_close(chatd_resume_table_t *m);
/* An account with CHAT_RESUMES_PER_ACCOUNT entries among those that share a place with
 * the new one gives up its own oldest one. 0: in memory alone, the disk is full. M may be
 * NULL, here and below. */
int chatd_resume_table_put(chatd_resume_table_t *m, const chatd_remembered_t *r);
/* Whether PID is known. */
int chatd_resume_table_get(chatd_remembered_t *out, chatd_resume_table_t *m,
                           const char *pid);
/* A number for a site that does not change when others come or go. */
uint32_t chatd_resume_table_site(const char *params);

#endif
