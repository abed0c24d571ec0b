/* SPDX-License-Identifier: Apache-2.0 */
/* Assertions: signature first, then every claim. */
#include "api/assertion.h"

#include "base/bounds.h"
#include "base/sign_key.h"
#include "base/text.h"
#include "render/json.h"

#include <apr_strings.h>
#include <string.h>

#define CLAIM_MAX 255 /* bytes of a text */
#define CHANNELS_MAX 100

/* Its three parts, and the key that signed it. */
typedef struct token_t {
    chat_call_t *call;
    const chat_json_t *head, *claims;
    const chat_sign_key_t *key;
} token_t;

static apr_status_t refuse(token_t *t, const char *why)
{
    return chat_signon_refuse(t->call, why);
}

static const chat_json_t *read_object(token_t *t, const char *text, apr_size_t len)
{
    const chat_json_t *out;
    const char *why;
    apr_size_t n;
    const unsigned char *json = chat_base64url(&n, text, len, t->call->pool);
    if (!json ||
        chat_json_parse(&out, &why, (const char *)json, n, t->call->pool) != APR_SUCCESS)
        return NULL;
    return chat_json_type(out) == CHAT_JSON_OBJECT ? out : NULL;
}

static const chat_json_t *claim(const token_t *t, const char *name)
{
    return chat_json_member(t->claims, name);
}

static int absent(const token_t *t, const char *name)
{
    return chat_json_type(claim(t, name)) == CHAT_JSON_NONE;
}

/* The key has an algorithm, and the token has to agree: it cannot choose one. */
static int may_have_signed(const chat_sign_key_t *key, const token_t *t)
{
    const chat_json_t *id = chat_json_member(t->head, "kid");
    const char *alg = chat_json_string(chat_json_member(t->head, "alg"), NULL);
    const char *kid = chat_json_string(id, NULL);
    if (!alg || strcmp(alg, key->algorithm))
        return 0;
    return chat_json_type(id) == CHAT_JSON_NONE || (kid && !strcmp(kid, key->id));
}

static apr_status_t check_signature(token_t *t, const char *text, const char *dot,
                                    const char *end)
{
    const chat_sign_keys_t *keys = t->call->site->sign_keys;
    apr_size_t len;
    const unsigned char *signature =
        chat_base64url(&len, dot + 1, (apr_size_t)(end - dot - 1), t->call->pool);
    int tried = 0;
    if (!signature)
        return refuse(t, "its signature is not base64url");
    if (chat_json_type(chat_json_member(t->head, "crit")) != CHAT_JSON_NONE)
        return refuse(t, "its header has crit");
    for (int i = 0; i < keys->n; i++) {
        if (!may_have_signed(&keys->list[i], t))
            continue;
        tried = 1;
        t->key = &keys->list[i];
        if (chat_sign_key_fits(t->key, text, (apr_size_t)(dot - text), signature, len))
            return APR_SUCCESS;
    }
    return refuse(t, tried ? "the signature does not fit" : "no key has its alg and kid");
}

static apr_status_t open_token(token_t *t, const char *text, apr_size_t len)
{
    const char *end = text + len, *first, *second;
    if (len > CHAT_ASSERTION_BYTES)
        return refuse(t, "it is too long");
    first = memchr(text, '.', len);
    second = first ? memchr(first + 1, '.', (apr_size_t)(end - first - 1)) : NULL;
    if (second)
        t->head = read_object(t, text, (apr_size_t)(first - text));
    if (!t->head)
        return refuse(t, "it is not a signed JSON Web Token");
    if (check_signature(t, text, second, end) != APR_SUCCESS)
        return CHAT_REFUSED;
    t->claims = read_object(t, first + 1, (apr_size_t)(second - first - 1));
    return t->claims ? APR_SUCCESS : refuse(t, "its claims are not a JSON object");
}

/* A text of 1 to CLAIM_MAX bytes, or NULL. */
static const char *short_text(const chat_json_t *v)
{
    apr_size_t len;
    const char *text = chat_json_string(v, &len);
    return text && len && len <= CLAIM_MAX ? text : NULL;
}

/* The site by its address or by its host's name alone. */
static int names_site(const token_t *t, const chat_json_t *v)
{
    const char *url = t->call->site->url, *aud = short_text(v), *host;
    apr_size_t len = aud ? strlen(aud) : 0, name;
    if (!len || !url)
        return 0;
    host = strstr(url, "://") + 3;
    name = strcspn(host, host[0] == '[' ? "]" : ":");
    len -= aud[len - 1] == '/';
    return (len == strlen(url) && !strncasecmp(aud, url, len)) ||
           (len == name && !strncasecmp(aud, host, len));
}

static int check_audience(const token_t *t)
{
    const chat_json_t *aud = claim(t, "aud");
    for (apr_size_t i = 0; i < chat_json_count(aud); i++)
        if (names_site(t, chat_json_element(aud, i)))
            return 1;
    return names_site(t, aud);
}

/* Seconds since 1970. */
static int read_time(apr_time_t *out, const token_t *t, const char *name)
{
    apr_int64_t seconds;
    if (!chat_json_integer(&seconds, claim(t, name)) || seconds < 0 ||
        seconds > CHAT_ASSERTION_LAST)
        return 0;
    *out = apr_time_from_sec(seconds);
    return 1;
}

/* An assertion that was signed for a later time must not become valid by waiting, so the
 * time it was issued counts too. */
static const char *wrong_time(chat_signon_t *out, const token_t *t)
{
    const apr_time_t now = t->call->now, life = apr_time_from_sec(CHAT_ASSERTION_SECONDS),
                     skew = apr_time_from_sec(CHAT_ASSERTION_SKEW);
    apr_time_t issued, begins = 0;
    if (!read_time(&out->expires, t, "exp"))
        return "exp is not a number of seconds";
    if (out->expires <= now)
        return "exp is in the past";
    if (out->expires > now + life + skew)
        return "exp is more than 5 minutes ahead";
    if (!read_time(&issued, t, "iat"))
        return "iat is not a number of seconds";
    if (issued > now + skew)
        return "iat is in the future";
    if (issued < now - life - skew)
        return "iat is more than 5 minutes ago";
    if (!absent(t, "nbf") && !read_time(&begins, t, "nbf"))
        return "nbf is not a number of seconds";
    return begins > now + skew ? "nbf is in the future" : NULL;
}

static const char *wrong_user(chat_signon_t *out, token_t *t)
{
    const char *sub = short_text(claim(t, "sub")), *jti = short_text(claim(t, "jti"));
    const char *iss = short_text(claim(t, "iss")), *once;
    char *hash = apr_palloc(t->call->pool, CHAT_HASH_SIZE);
    if (!sub)
        return "sub is not a text of 1 to 255 bytes";
    if (!jti)
        return "jti is not a text of 1 to 255 bytes";
    if (!iss && !absent(t, "iss"))
        return "iss is not a text of 1 to 255 bytes";
    out->name = absent(t, "name") ? sub : short_text(claim(t, "name"));
    if (!out->name)
        return "name is not a text of 1 to 255 bytes";
    out->external = apr_pstrcat(t->call->pool, "sub:", sub, NULL);
    once = apr_pstrcat(t->call->pool, t->key->id, "\n", iss ? iss : "", "\n", jti, NULL);
    chat_hash_keyed(hash, &t->call->site->secret, "assertion", once, strlen(once));
    out->once = hash;
    return NULL;
}

static const char *wrong_rights(chat_signon_t *out, const token_t *t)
{
    const chat_json_t *list = claim(t, "channels");
    apr_size_t n = chat_json_count(list);
    const char **names = apr_pcalloc(t->call->pool, (n + 1) * sizeof(*names));
    apr_int64_t rank = CHAT_RANK_GUEST, room = t->call->room;
    if (!absent(t, "rank") &&
        (!chat_json_integer(&rank, claim(t, "rank")) || rank < CHAT_RANK_MEMBER ||
         rank > t->call->site->sign_rank))
        return "rank is not a number up to that of ChatSignOnKey";
    if (!absent(t, "room") &&
        (!chat_json_integer(&room, claim(t, "room")) || room != t->call->room))
        return "room is not the chatroom of this place";
    if (!absent(t, "channels") &&
        (chat_json_type(list) != CHAT_JSON_ARRAY || n > CHANNELS_MAX))
        return "channels is not a list of at most 100 names";
    for (apr_size_t i = 0; i < n; i++)
        if (!(names[i] = short_text(chat_json_element(list, i))))
            return "channels has an element that is not a name";
    out->rank = (int)rank;
    out->channels = names;
    out->channel_count = (int)n;
    return NULL;
}

apr_status_t chat_assertion_read(chat_signon_t *out, chat_call_t *c, const char *text,
                                 apr_size_t len)
{
    token_t t = {.call = c};
    const char *why;
    apr_status_t rv = open_token(&t, text, len);
    memset(out, 0, sizeof(*out));
    if (rv != APR_SUCCESS)
        return rv;
    why = check_audience(&t) ? wrong_time(out, &t) : "aud is not this site";
    if (!why)
        why = wrong_user(out, &t);
    if (!why)
        why = wrong_rights(out, &t);
    return why ? refuse(&t, why) : APR_SUCCESS;
}
