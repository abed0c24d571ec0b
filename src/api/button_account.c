/* SPDX-License-Identifier: Apache-2.0 */
/* Button API V3: accounts and tokens. */
#include "api/button.h"
#include "base/text.h"
#include "core/accounts.h"

#include <string.h>

typedef struct credentials_t {
    const char *username, *password; /* NULL: absent or no string */
    apr_size_t username_len, password_len;
} credentials_t;

static apr_status_t read_credentials(const chat_json_t **body, credentials_t *out,
                                     chat_call_t *c, const chat_request_t *req)
{
    apr_status_t rv = chat_button_body(body, c, req);
    if (rv != APR_SUCCESS)
        return rv;
    out->username =
        chat_json_string(chat_json_member(*body, "username"), &out->username_len);
    out->password =
        chat_json_string(chat_json_member(*body, "password"), &out->password_len);
    return APR_SUCCESS;
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

/* Right credentials always get in, whatever dialect they were made in; only a failure is
 * answered by the format. */
static apr_status_t verify(chat_account_t *out, chat_call_t *c, const credentials_t *cred)
{
    apr_status_t rv;
    if (!cred->username || !cred->password)
        return check_formats(c, cred);
    rv = chat_account_verify(out, c, cred->username, cred->password);
    if (rv == CHAT_REFUSED && c->problem.code == CHAT_P_CREDENTIALS &&
        check_formats(c, cred) == APR_SUCCESS)
        return chat_call_refuse(c, CHAT_P_CREDENTIALS, NULL);
    return rv;
}

apr_status_t chat_button_register(chat_call_t *c, const chat_request_t *req,
                                  chat_response_t *resp)
{
    const chat_json_t *body;
    credentials_t cred;
    apr_status_t rv = read_credentials(&body, &cred, c, req);
    if (rv == APR_SUCCESS)
        rv = check_formats(c, &cred);
    if (rv == APR_SUCCESS)
        rv = chat_account_register(c, cred.username, cred.password);
    if (rv != APR_SUCCESS)
        return rv;
    return chat_button_say(resp, 201, "User registered successfully!");
}

apr_status_t chat_button_login(chat_call_t *c, const chat_request_t *req,
                               chat_response_t *resp)
{
    const chat_json_t *body;
    credentials_t cred;
    chat_account_t account;
    apr_status_t rv = read_credentials(&body, &cred, c, req);
    if (rv == APR_SUCCESS)
        rv = verify(&account, c, &cred);
    return rv == APR_SUCCESS ? chat_button_say(resp, 200, "Login successful!") : rv;
}

static apr_status_t give_token(chat_response_t *resp, const char *text, const char *token)
{
    chat_writer_t w;
    chat_button_answer(&w, resp, 200);
    chat_write_member(&w, "message", text);
    chat_write_member(&w, "token", token);
    chat_write_end(&w);
    return APR_SUCCESS;
}

apr_status_t chat_button_generatetoken(chat_call_t *c, const chat_request_t *req,
                                       chat_response_t *resp)
{
    const chat_json_t *body;
    credentials_t cred;
    chat_account_t account;
    char token[CHAT_UUID_SIZE];
    int changed;
    apr_status_t rv = read_credentials(&body, &cred, c, req);
    if (rv == APR_SUCCESS)
        rv = verify(&account, c, &cred);
    if (rv == APR_SUCCESS)
        rv = chat_token_make(token, &changed, c, &account);
    if (rv != APR_SUCCESS)
        return rv;
    return give_token(resp, changed ? "Changed token!" : "Made token!", token);
}

apr_status_t chat_button_gettoken(chat_call_t *c, const chat_request_t *req,
                                  chat_response_t *resp)
{
    const chat_json_t *body;
    credentials_t cred;
    chat_account_t account;
    char token[CHAT_UUID_SIZE];
    apr_status_t rv = read_credentials(&body, &cred, c, req);
    if (rv == APR_SUCCESS)
        rv = verify(&account, c, &cred);
    if (rv == APR_SUCCESS)
        rv = chat_token_get(token, c, &account);
    return rv == APR_SUCCESS ? give_token(resp, "Returning token!", token) : rv;
}

apr_status_t chat_button_changepassword(chat_call_t *c, const chat_request_t *req,
                                        chat_response_t *resp)
{
    const chat_json_t *body;
    credentials_t cred;
    const char *wanted;
    apr_size_t len = 0;
    apr_status_t rv = read_credentials(&body, &cred, c, req);
    if (rv != APR_SUCCESS)
        return rv;
    wanted = chat_json_string(chat_json_member(body, "new_password"), &len);
    rv = check_password(c, wanted, len);
    if (rv == APR_SUCCESS && (!cred.username || !cred.password))
        rv = check_formats(c, &cred);
    if (rv == APR_SUCCESS)
        rv = chat_account_change_password(c, cred.username, cred.password, wanted);
    return rv == APR_SUCCESS ? chat_button_say(resp, 200, "Password changed!") : rv;
}

apr_status_t chat_button_deleteaccount(chat_call_t *c, const chat_request_t *req,
                                       chat_response_t *resp)
{
    const chat_json_t *body;
    credentials_t cred;
    apr_status_t rv = read_credentials(&body, &cred, c, req);
    if (rv == APR_SUCCESS && (!cred.username || !cred.password))
        rv = check_formats(c, &cred);
    if (rv == APR_SUCCESS)
        rv = chat_account_close(c, cred.username, cred.password);
    return rv == APR_SUCCESS ? chat_button_say(resp, 200, "Account deleted!") : rv;
}
