/* SPDX-License-Identifier: Apache-2.0
 * foreign.h - a chatroom out of another product's export. A format's file finds people
 * and channels and reads one message at a time; here they get accounts, numbers and an
 * order, and become records that core/import.h takes in.
 */
#ifndef CHAT_CHATCTL_FOREIGN_H
#define CHAT_CHATCTL_FOREIGN_H

#include "base/buffer.h"
#include "core/import.h"
#include "render/json.h"

#include <apr_hash.h>
#include <apr_tables.h>

typedef struct chatctl_format_t chatctl_format_t;

/* An account to be. */
typedef struct chatctl_person_t {
    const char *id, *uuid;
    const char *wish;          /* the name there */
    const char *name;          /* the account's; NULL until all are known */
    const char *about, *email; /* or NULL */
    int closed;
} chatctl_person_t;

/* A channel to be. */
typedef struct chatctl_place_t {
    const char *id, *uuid, *wish, *name, *topic;
    int public;
    apr_time_t created;        /* 0: not known */
    const char *creator;       /* id of a person, or NULL */
    apr_hash_t *members;       /* chatctl_person_t by id */
    apr_array_header_t *files; /* chatctl_file_t, in the order of their messages */
    apr_int64_t last;          /* the number of its last message */
} chatctl_place_t;

typedef struct chatctl_file_t {
    const char *path;
    apr_time_t since; /* all its messages are later */
} chatctl_file_t;

typedef struct chatctl_reaction_t {
    const char *emoji;
    chatctl_person_t *by;
} chatctl_reaction_t;

/* A message. What it has is in POOL, which ends before the next one. */
typedef struct chatctl_said_t {
    apr_pool_t *pool;
    chatctl_person_t *by;
    apr_time_t edited;       /* 0: never */
    int system, gone;        /* gone: its text was deleted */
    const char *key, *reply; /* its id in the channel; that of what it answers, or NULL */
    const char *text;
    chat_buffer_t lines;                      /* which it is, once lines were added */
    apr_array_header_t *reactions, *mentions; /* of chatctl_reaction_t; of persons */
} chatctl_said_t;

typedef struct chatctl_foreign_t {
    apr_pool_t *pool; /* of all of it */
    const chatctl_format_t *format;
    const char *path;        /* as it was given */
    const char *name, *uuid; /* the chatroom's; the name as it is there */
    int private;             /* channels of which nothing is known are private */
    apr_array_header_t *people, *places; /* pointers to them */
    apr_hash_t *person_of, *place_of, *parents;
    apr_time_t first, last;
    apr_int64_t messages, lost;  /* lost: reactions without an emoji of Unicode */
    apr_array_header_t *renamed; /* sentences */
    const char *file;            /* that is being read, for complaints */
    int entry;                   /* in it; 0: none */
} chatctl_foreign_t;

struct chatctl_format_t {
    const char *name;   /* of --from */
    const char *member; /* that has a file's messages; NULL: the file is the array */
    /* Finds people and places in f->path. NULL, or the fault of f->file and f->entry. */
    const char *(*open)(chatctl_foreign_t *f);
    /* The time of a message; 0: it has none. */
    apr_time_t (*time)(const chat_json_t *m);
    /* Reads a message; OUT has pool and empty lists. 0: there is nothing in it. */
    int (*read)(chatctl_said_t *out, chatctl_foreign_t *f, const chat_json_t *m);
    /* An element of a message's `reactions`: its emoji. An element of its `users`: the
     * account. NULL: none. */
    const char *(*emoji)(const chat_json_t *reaction, apr_pool_t *pool);
    chatctl_person_t *(*reactor)(chatctl_foreign_t *f, const chat_json_t *user);
};

extern const chatctl_format_t chatctl_slack, chatctl_discord;

/* The person ID, who is added at first sight; WISH: a name for that case. */
chatctl_person_t *chatctl_foreign_person(chatctl_foreign_t *f, const char *id,
                                         const char *wish);
/* Adds a channel; NULL when ID is there already. */
chatctl_place_t *chatctl_foreign_place(chatctl_foreign_t *f, const char *id,
                                       const char *name);
void chatctl_foreign_file(chatctl_place_t *p, const char *path, apr_time_t since);
/* Adds the reactions of M, by whom SAID is; what is no emoji, or of no account, is lost.
 */
void chatctl_said_reactions(chatctl_said_t *said, chatctl_foreign_t *f,
                            const chat_json_t *m);
/* Each counts once. */
void chatctl_said_mention(chatctl_said_t *said, chatctl_person_t *who);
/* Adds a line to the text: LABEL, or with a URL a link. Either may be NULL. */
void chatctl_said_link(chatctl_said_t *said, const char *label, const char *url);

/* A member of V that is a text with something in it, else NULL. */
const char *chatctl_member(const chat_json_t *v, const char *name);

/* Reads all of it once: people, channels and their number. NULL, or the fault of f->file
 * and f->entry. */
const char *chatctl_foreign_scan(chatctl_foreign_t *f);
/* Gives IM the records. CHAT_REFUSED: *WHY is the fault, as above. */
apr_status_t chatctl_foreign_give(chatctl_foreign_t *f, chat_import_t *im,
                                  const char **why);

#endif
