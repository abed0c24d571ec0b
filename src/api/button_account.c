/* SPDX-License-Identifier: Apache-2.0 */
/* Button API V3: accounts and tokens. */
#include "api/button.h"
#include "base/text.h"
#include "core/accounts.h"
#include "core/guests.h"
#include "core/tokens.h"

#include <string.h>

typedef struct credentials_t {
    const char *username, *password; /* NULL: absent or no string */
    apr_size_t username_len, password_len;
} credentials_t;

static void read_credentials(credentials_t *out, const chat_button_t *b)
{
    out->username =
        chat_json_string(chat_json_member(b->body, "username"), &out->username_len);
    out->password =
        chat_json_string(chat_json_member(b->body, "password"), &out->password_len);
}

/* 8-20 characters with a digit, a capital letter, a special symbol and no blank. */
static apr_status_t check_password(chat_call_t *c, const char *password, apr_size_t len)
{
    chat_text_kinds_t k;
    if (!password)
        return chat_call_refuse(c, CHAT_P_PASSWORD_RULE, "password");
    chat_text_kinds(&k, password, len);
    if (k.length < 8 || k.length > 20 || !k.digits || !k.uppers || !k.symbols ||
        k.blanks || k.controls)
        return chat_call_refuse(c, CHAT_P_PASSWORD_RULE, "password");
    return APR_SUCCESS;
}

/* The formats that the document asks for, password first. */
static apr_status_t check_formats(chat_call_t *c, const credentials_t *cred)
{
    apr_status_t rv = check_password(c, cred->password, cred->password_len);
    apr_size_t n;
    if (rv != APR_SUCCESS)
        return rv;
    n = cred->username ? chat_text_length(cred->username, cred->username_len) : 0;
    if (n < 3 || n > 20)
        return chat_call_refuse(c, CHAT_P_NAME_RULE, "username");
    return APR_SUCCESS;
}

/* Valid credentials are accepted from every dialect; only a failure is answered by their
 * format. */
static apr_status_t verify(chat_account_t *out, chat_button_t *b)
{
    chat_call_t *c = b->call;
    credentials_t shown, *cred = &shown;
    apr_status_t rv;
    read_credentials(cred, b);
    if (!cred->username || !cred->password)
        return check_formats(c, cred);
    rv = chat_account_verify(out, c, cred->username, cred->password);
    if (rv == CHAT_REFUSED && c->problem.code == CHAT_P_CREDENTIALS &&
        check_formats(c, cred) == APR_SUCCESS)
        return chat_call_refuse(c, CHAT_P_CREDENTIALS, NULL);
    return rv;
}

/* A guest shows its token and becomes the account; any other token has no meaning here.
 */
static apr_status_t register_guest(chat_button_t *b, const credentials_t *cred)
{
    chat_auth_token(&b->auth, b->call,
                    chat_json_string(chat_json_member(b->body, "token"), NULL));
    b->auth.guests = 1;
    return b->auth.hash[0] && b->call->site->guest_channels
               ? chat_guest_register(b->call, &b->auth, cred->username, cred->password)
               : CHAT_NOTFOUND;
}

apr_status_t chat_button_register(chat_button_t *b)
{
    credentials_t cred;
    apr_status_t rv;
    read_credentials(&cred, b);
    rv = check_formats(b->call, &cred);
    if (rv == APR_SUCCESS && b->extended)
        rv = chat_account_password(b->call, cred.password, cred.username);
    if (rv == APR_SUCCESS)
        rv = register_guest(b, &cred);
    if (rv == CHAT_NOTFOUND)
        rv = chat_account_register(b->call, cred.username, cred.password);
    if (rv != APR_SUCCESS)
        return rv;
    return chat_button_say(b, 201, "User registered successfully!");
}

apr_status_t chat_button_login(chat_button_t *b)
{
    chat_account_t account;
    apr_status_t rv = verify(&account, b);
    return rv == APR_SUCCESS ? chat_button_say(b, 200, "Login successful!") : rv;
}

static apr_status_t give_token(chat_button_t *b, const char *text, const char *token)
{
    chat_writer_t w;
    chat_button_answer(&w, b);
    chat_write_member(&w, "message", text);
    chat_write_member(&w, "token", token);
    return chat_write_finish(&w);
}

apr_status_t chat_button_generatetoken(chat_button_t *b)
{
    chat_account_t account;
    char token[CHAT_UUID_SIZE];
    int changed;
    apr_status_t rv = verify(&account, b);
    if (rv == APR_SUCCESS)
        rv = chat_token_make(token, &changed, b->call, &account);
    if (rv != APR_SUCCESS)
        return rv;
    return give_token(b, changed ? "Changed token!" : "Made token!", token);
}

apr_status_t chat_button_gettoken(chat_button_t *b)
{
    chat_account_t account;
    char token[CHAT_UUID_SIZE];
    apr_status_t rv = verify(&account, b);
    if (rv == APR_SUCCESS)
        rv = chat_token_get(token, b->call, &account);
    return rv == APR_SUCCESS ? give_token(b, "Returning token!", token) : rv;
}

apr_status_t chat_button_changepassword(chat_button_t *b)
{
    credentials_t cred;
    const char *wanted;
    apr_size_t len = 0;
    apr_status_t rv;
    read_credentials(&cred, b);
    wanted = chat_json_string(chat_json_member(b->body, "new_password"), &len);
    rv = check_password(b->call, wanted, len);
    if (rv == APR_SUCCESS && (!cred.username || !cred.password))
        rv = check_formats(b->call, &cred);
    if (rv == APR_SUCCESS)
        rv = chat_account_change_password(b->call, cred.username, cred.password, wanted);
    return rv == APR_SUCCESS ? chat_button_say(b, 200, "Password changed!") : rv;
}

apr_status_t chat_button_deleteaccount(chat_button_t *b)
{
    credentials_t cred;
    int messages = 0;
    apr_status_t rv = APR_SUCCESS;
    read_credentials(&cred, b);
    if (!cred.username || !cred.password)
        rv = check_formats(b->call, &cred);
    if (rv == APR_SUCCESS && chat_button_has(b, "delete_messages") &&
        !chat_json_boolean(&messages, chat_json_member(b->body, "delete_messages")))
        rv = chat_call_refuse(b->call, CHAT_P_INVALID, "delete_messages");
    if (rv == APR_SUCCESS)
        rv = chat_account_close(b->call, cred.username, cred.password, messages);
    return rv == APR_SUCCESS ? chat_button_say(b, 200, "Account deleted!") : rv;
}
