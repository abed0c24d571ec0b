/* SPDX-License-Identifier: Apache-2.0 */
/* Rules of sessions. */
#include "core/sessions.h"

#include <apr_strings.h>
#include <string.h>

void chat_session_hash(char out[CHAT_HASH_SIZE], const chat_call_t *c, const char *secret)
{
    const char *text = apr_psprintf(c->pool, "%d %s", (int)c->dialect, secret);
    chat_hash_keyed(out, &c->site->secret, "session", text, strlen(text));
}

apr_status_t chat_session_begin(chat_call_t *c, chat_tx_t *tx, apr_int64_t account,
                                const char *secret)
{
    char hash[CHAT_HASH_SIZE];
    chat_session_t s = {.hash = hash, .account = account, .dialect = c->dialect};
    chat_session_hash(hash, c, secret);
    s.created = s.used = c->now;
    s.address = c->client;
    return chat_session_insert(tx, &s);
}

int chat_session_alive(const chat_session_t *s, const chat_call_t *c)
{
    apr_int64_t life = c->settings->session_lifetime;
    return !life || s->used + apr_time_from_sec(life) > c->now;
}

/* Part of the lifetime by which `used` may lag behind. */
#define TOUCH_PART 16

apr_status_t chat_session_touch(chat_call_t *c, chat_tx_t *tx, const char *hash)
{
    apr_int64_t life = c->settings->session_lifetime;
    chat_session_t s;
    apr_status_t rv;
    if (!life)
        return APR_SUCCESS;
    rv = chat_session_find(&s, tx, hash);
    if (rv == APR_SUCCESS && s.used + apr_time_from_sec(life) / TOUCH_PART < c->now)
        rv = chat_session_set_used(tx, hash, c->now);
    return rv == CHAT_NOTFOUND ? APR_SUCCESS : rv;
}

int chat_session_known(chat_call_t *c, const char *secret)
{
    char hash[CHAT_HASH_SIZE];
    chat_session_t found;
    chat_tx_t *tx;
    apr_status_t rv = chat_call_begin(&tx, c);
    chat_session_hash(hash, c, secret);
    if (rv == APR_SUCCESS)
        rv = chat_session_find(&found, tx, hash);
    return chat_store_end(tx, rv) == APR_SUCCESS;
}
