/* SPDX-License-Identifier: Apache-2.0 */
/* Codes that link people on Discord to accounts, and their messages. */
#include "core/discord_in.h"

#include "base/name.h"
#include "base/text.h"
#include "store/discord.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <string.h>

/* No letters or digits that look like others. */
#define ALPHABET "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"

typedef struct shown_t {
    chat_call_t *call;
    const chat_auth_t *auth;
    const chat_discord_person_t *person;
    const char *person_key;
    const char *hash;
    const char *name; /* of an account */
} shown_t;

/* As people type it: any case, with blanks and dashes. NULL when it is too long. */
static const char *hash_code(const chat_call_t *c, const char *code)
{
    char text[CHAT_CODE_SIZE], hash[CHAT_HASH_SIZE];
    apr_size_t n = 0;
    for (; *code; code++) {
        if (*code == ' ' || *code == '-')
            continue;
        if (n == CHAT_CODE_LEN)
            return NULL;
        text[n++] = (char)apr_toupper(*code);
    }
    chat_hash_keyed(hash, &c->site->secret, "discord code", text, n);
    return apr_pstrdup(c->pool, hash);
}

static apr_status_t put_code(chat_tx_t *tx, void *baton)
{
    shown_t *s = baton;
    chat_identity_t who;
    apr_status_t rv = chat_auth_change(&who, s->call, tx, s->auth);
    if (rv != APR_SUCCESS)
        return rv;
    return chat_discord_code_put(tx, who.id, s->hash,
                                 s->call->now + apr_time_from_sec(CHAT_CODE_SECONDS));
}

apr_status_t chat_discord_in_code(char out[CHAT_CODE_SIZE], chat_call_t *c,
                                  const chat_auth_t *auth)
{
    shown_t s = {.call = c, .auth = auth};
    chat_random_text(out, CHAT_CODE_LEN, ALPHABET);
    s.hash = hash_code(c, out);
    return chat_store_write(c->site->store, put_code, &s);
}

static apr_status_t redeem(chat_tx_t *tx, void *baton)
{
    shown_t *s = baton;
    chat_call_t *c = s->call;
    chat_auth_t auth = {.account = 0};
    chat_identity_t who;
    chat_link_t link = {.person = 1};
    apr_status_t rv = chat_discord_code_take(&auth.account, tx, s->hash, c->now);
    if (rv == CHAT_NOTFOUND)
        return chat_call_refuse(c, CHAT_P_INVALID, "code");
    if (rv == APR_SUCCESS)
        rv = chat_auth_resolve(&who, c, tx, &auth);
    if (rv != APR_SUCCESS)
        return rv;
    s->name = who.name;
    rv = chat_discord_person_put(tx, c->room, s->person->id, who.id, c->now);
    link.account = who.id;
    link.name = s->person->name;
    link.name_key = s->person_key;
    link.discord_id = s->person->id;
    return rv == APR_SUCCESS ? chat_link_put(tx, &link, c->now) : rv;
}

apr_status_t chat_discord_in_redeem(const char **account, chat_call_t *c,
                                    const chat_discord_person_t *person, const char *code)
{
    shown_t s = {.call = c, .person = person};
    apr_status_t rv;
    s.hash = hash_code(c, code);
    if (!s.hash)
        return chat_call_refuse(c, CHAT_P_INVALID, "code");
    s.person_key = chat_name_fold(person->name, c->pool);
    rv = chat_store_write(c->site->store, redeem, &s);
    *account = s.name;
    return rv;
}

/* *NAME is the channel's, or NULL: that of the account's link to WHERE. */
static apr_status_t find_speaker(apr_int64_t *account, const char **name, chat_call_t *c,
                                 const char *person, const char *where)
{
    chat_tx_t *tx;
    apr_status_t rv = chat_call_begin(&tx, c);
    if (rv == APR_SUCCESS)
        rv = chat_discord_person_find(account, tx, c->room, person);
    if (rv == CHAT_NOTFOUND)
        rv = chat_call_refuse(c, CHAT_P_NOT_LOGGED_IN, NULL);
    if (rv == APR_SUCCESS && !*name) {
        rv = chat_discord_channel_name(name, tx, *account, where, c->pool);
        if (rv == CHAT_NOTFOUND)
            rv = chat_call_refuse(c, CHAT_P_NO_LINK, "channel");
    }
    return chat_store_end(tx, rv);
}

apr_status_t chat_discord_in_say(const char **said, chat_call_t *c,
                                 const chat_discord_person_t *person, const char *where,
                                 const char *channel, const chat_text_t *text)
{
    chat_auth_t auth = {.account = 0};
    chat_message_t m;
    apr_status_t rv;
    *said = channel;
    rv = find_speaker(&auth.account, said, c, person->id, where);
    return rv == APR_SUCCESS ? chat_message_send(&m, c, &auth, *said, text) : rv;
}
