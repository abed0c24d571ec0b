/* SPDX-License-Identifier: Apache-2.0 */
/* Kinglet API v1: accounts. */
#include "api/kinglet.h"
#include "base/name.h"
#include "base/text.h"

#include <apr_strings.h>
#include <string.h>

#define NAME_MAX_CHARS 30
#define PASSWORD_MIN 8
#define PASSWORD_MAX 30

static int name_valid(const char *s)
{
    static const char set[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                              "0123456789_";
    return strlen(s) <= NAME_MAX_CHARS && !s[strspn(s, set)];
}

static const char *link_of(const chat_call_t *c, const chat_request_t *req)
{
    return apr_pstrcat(c->pool, c->site->url ? c->site->url : "", req->mount, NULL);
}

/* ---- create, activate, log in ---- */

static apr_status_t created(chat_response_t *resp, const chat_signup_t *made)
{
    chat_writer_t w;
    chat_kinglet_open(&w, resp, 201);
    chat_write_member_int(&w, "status", 201);
    chat_kinglet_member_text(&w, "user_id", made->id);
    chat_write_member(&w, "user_name", made->name);
    chat_write_member(&w, "password", made->password);
    chat_write_member(&w, "email", made->email);
    chat_write_member(&w, "user_digest", made->digest);
    chat_write_member(&w, "description", "Created");
    return chat_write_finish(&w);
}

static apr_status_t create(chat_kinglet_t *k)
{
    chat_newcomer_t who = {.link = link_of(k->call, k->req)};
    chat_signup_t made;
    const char *wrong = "";
    apr_status_t rv = chat_kinglet_need_json(k);
    if (rv != APR_SUCCESS)
        return rv;
    who.name = chat_kinglet_field(k, "user_name");
    who.email = chat_kinglet_field(k, "email");
    if (!*who.name)
        wrong = "Missing username.<br />\n";
    if (!*who.email)
        wrong = apr_pstrcat(k->call->pool, wrong, "Missing e-mail.<br />\n", NULL);
    if (!name_valid(who.name))
        wrong = apr_pstrcat(k->call->pool, wrong,
                            "Username must contain fewer than 31 characters, and only "
                            "letters, numbers, and underscores are allowed. <br />\n",
                            NULL);
    if (strlen(who.email) > CHAT_EMAIL_MAX)
        wrong =
            apr_pstrcat(k->call->pool, wrong,
                        "E-mail must be shorter than 256 characters long.<br />\n", NULL);
    else if (*who.email && !chat_email_valid(who.email))
        wrong = apr_pstrcat(k->call->pool, wrong, "E-mail has incorrect syntax.<br />\n",
                            NULL);
    if (*wrong)
        return chat_kinglet_wrong(k->resp, 400, "Invalid Input", wrong);
    rv = chat_account_signup(&made, k->call, &who);
    return rv == APR_SUCCESS ? created(k->resp, &made) : rv;
}

static apr_status_t done(chat_response_t *resp)
{
    chat_writer_t w;
    chat_kinglet_answer(&w, resp, 200);
    return chat_write_finish(&w);
}

static apr_status_t activate(chat_kinglet_t *k)
{
    apr_status_t rv;
    if (k->n < 3)
        return chat_kinglet_wrong(k->resp, 400, "Missing data.", "No digest given.");
    rv = chat_account_activate(k->call, k->segment[2]);
    return rv == APR_SUCCESS ? done(k->resp) : rv;
}

static apr_status_t login(chat_kinglet_t *k)
{
    chat_login_t in;
    chat_writer_t w;
    apr_status_t rv = chat_kinglet_need_json(k);
    if (rv == APR_SUCCESS)
        rv = chat_account_enter(&in, k->call, chat_kinglet_field(k, "email"),
                                chat_kinglet_field(k, "password"));
    if (rv != APR_SUCCESS)
        return rv;
    chat_kinglet_open(&w, k->resp, 200);
    chat_write_member_int(&w, "status", 200);
    chat_kinglet_member_text(&w, "user_id", in.account.who.id);
    chat_write_member(&w, "user_name", in.account.who.name);
    chat_write_member(&w, "session_id", in.session);
    return chat_write_finish(&w);
}

static apr_status_t logout(chat_kinglet_t *k)
{
    apr_status_t rv = chat_kinglet_need_user(k);
    if (rv != APR_SUCCESS)
        return rv;
    rv = chat_account_logout(k->call, &k->auth, k->segment[1]);
    if (rv == CHAT_REFUSED && k->call->problem.code == CHAT_P_NO_ACCOUNT)
        return chat_kinglet_wrong(k->resp, 400, "Logout - Error (3) logging out account",
                                  "Invalid data given or account does not exist.");
    return rv == APR_SUCCESS ? done(k->resp) : rv;
}

/* ---- passwords ---- */

static apr_status_t forgot(chat_kinglet_t *k)
{
    chat_newcomer_t who = {.link = link_of(k->call, k->req)};
    chat_signup_t made;
    chat_writer_t w;
    apr_status_t rv = chat_kinglet_need_json(k);
    const char *wrong = "";
    if (rv != APR_SUCCESS)
        return rv;
    who.name = chat_kinglet_field(k, "user_name");
    who.email = chat_kinglet_field(k, "email");
    if (!*who.name)
        wrong = "Missing username. ";
    if (!*who.email)
        wrong = apr_pstrcat(k->call->pool, wrong, "Missing e-mail. ", NULL);
    if (strlen(who.email) > CHAT_EMAIL_MAX)
        wrong = apr_pstrcat(k->call->pool, wrong,
                            "E-mail must be less 256 characters long. ", NULL);
    else if (*who.email && !chat_email_valid(who.email))
        wrong = apr_pstrcat(k->call->pool, wrong, "E-mail has incorrect syntax. ", NULL);
    if (*wrong)
        return chat_kinglet_wrong(k->resp, 400, "Invalid data.", wrong);
    rv = chat_account_forgot(&made, k->call, &who);
    if (rv == CHAT_REFUSED && k->call->problem.code == CHAT_P_NO_ACCOUNT)
        return chat_kinglet_wrong(k->resp, 404, "Invalid input.",
                                  "Username and/or e-mail does not exist.");
    if (rv != APR_SUCCESS)
        return rv;
    chat_kinglet_open(&w, k->resp, 200);
    chat_write_member_int(&w, "status", 200);
    chat_write_member(&w, "email", made.email);
    chat_write_member(&w, "new_password", made.password);
    return chat_write_finish(&w);
}

/* Four letters, two digits and two of the symbols, or ten letters and digits. */
static int strong(const char *s)
{
    chat_text_kinds_t kinds;
    int symbols = 0;
    chat_text_kinds(&kinds, s, strlen(s));
    for (const char *p = s; *p; p++)
        symbols += strchr("!@$%^&*", *p) != NULL;
    return (kinds.letters >= 4 && kinds.digits >= 2 && symbols >= 2) ||
           kinds.letters + kinds.digits >= 10;
}

typedef struct change_t {
    const char *old, *new, *verify;
} change_t;

/* The faults of a change of password, as concatenated texts. */
static const char *check_change(const chat_kinglet_t *k, const change_t *x)
{
    chat_text_kinds_t kinds;
    apr_int64_t id = 0;
    const char *wrong = "";
    if (!chat_text_int64(&id, chat_kinglet_field(k, "user_id")) ||
        id != k->auth.claim_number)
        wrong = "Missing or invalid user ID submitted. ";
    if (strcmp(chat_name_fold(chat_kinglet_field(k, "user_name"), k->call->pool),
               chat_name_fold(k->auth.claim_name, k->call->pool)) != 0)
        wrong = apr_pstrcat(k->call->pool, wrong,
                            "Missing or invalid username submitted. ", NULL);
    if (!*x->old || !*x->new || !*x->verify)
        return apr_pstrcat(k->call->pool, wrong, "Missing old, new, or verify password. ",
                           NULL);
    chat_text_kinds(&kinds, x->new, strlen(x->new));
    if (kinds.length < PASSWORD_MIN || kinds.length > PASSWORD_MAX || kinds.blanks ||
        kinds.controls)
        wrong = apr_pstrcat(k->call->pool, wrong,
                            "Password shorter than eight characters or longer than 30 "
                            "characters or contains invalid characters. ",
                            NULL);
    if (!chat_text_same(x->new, x->verify))
        wrong = apr_pstrcat(k->call->pool, wrong,
                            "New password and verify password do not match. ", NULL);
    if (!strong(x->new))
        wrong = apr_pstrcat(k->call->pool, wrong, "Password is too weak. ", NULL);
    return wrong;
}

static apr_status_t change(chat_kinglet_t *k)
{
    chat_kinglet_error_t e = {.status = 400, .user = "Invalid data."};
    change_t x;
    chat_login_t in;
    chat_writer_t w;
    apr_status_t rv = chat_kinglet_need_both(k);
    if (rv != APR_SUCCESS)
        return rv;
    x.old = chat_kinglet_field(k, "old_password");
    x.new = chat_kinglet_field(k, "new_password");
    x.verify = chat_kinglet_field(k, "verify_password");
    e.system = check_change(k, &x);
    if (*e.system)
        return chat_kinglet_wrong_for(k, &e);
    rv = chat_account_renew_password(&in, k->call, &k->auth, x.old, x.new);
    if (rv == CHAT_REFUSED && k->call->problem.code == CHAT_P_CREDENTIALS)
        return chat_kinglet_wrong(k->resp, 400, "Old password is incorrect.",
                                  "Try again.");
    if (rv != APR_SUCCESS)
        return rv;
    chat_kinglet_open(&w, k->resp, 200);
    chat_write_member(&w, "session_id", in.session);
    chat_write_member_int(&w, "status", 200);
    chat_kinglet_member_text(&w, "user_id", in.account.who.id);
    chat_write_member(&w, "user_name", in.account.who.name);
    return chat_write_finish(&w);
}

/* ---- profile ---- */

static void member_description(chat_writer_t *w, const chat_account_t *a)
{
    const char *markup = a->description ? a->description : "";
    const chat_text_t text = {.text = markup, .len = strlen(markup)};
    static const chat_kinglet_html_t how = {CHAT_KINGLET_MAILS | CHAT_KINGLET_BREAKS,
                                            NULL};
    chat_buffer_t html;
    chat_buffer_init(&html, text.len + 64, APR_INT32_MAX, w->out->pool);
    chat_kinglet_html(&html, &text, &how);
    chat_write_key(w, "desc_format");
    chat_write_bytes(w, html.data, html.len);
}

static void own_profile(chat_writer_t *w, const chat_call_t *c, const chat_account_t *a)
{
    char digest[CHAT_DIGEST_SIZE], date[CHAT_DATE_SIZE];
    chat_secret_activation(digest, &c->site->secret, a->who.uuid);
    chat_kinglet_date(date, a->created, 0);
    chat_kinglet_member_text(w, "user_id", a->who.id);
    chat_write_member(w, "user_name", a->who.name);
    chat_write_member(w, "email", a->email ? a->email : "");
    chat_write_member(w, "user_status", "o");
    chat_write_member(w, "digest", digest);
    chat_write_member(w, "desc_markup", a->description ? a->description : "");
    member_description(w, a);
    chat_write_member(w, "created_date", date);
}

static apr_status_t profile(chat_kinglet_t *k)
{
    const char *name = k->segment[1];
    chat_account_t a;
    chat_identity_t reader;
    chat_writer_t w;
    apr_status_t rv = chat_kinglet_need_user(k);
    if (rv != APR_SUCCESS)
        return rv;
    rv = chat_account_look(&a, &reader, k->call, &k->auth, name);
    if (rv == CHAT_REFUSED && k->call->problem.code == CHAT_P_NO_ACCOUNT)
        return chat_kinglet_wrong(k->resp, 404, "Could not retrieve user information.",
                                  apr_pstrcat(k->call->pool, name, " not found.", NULL));
    if (rv != APR_SUCCESS)
        return rv;
    chat_kinglet_open(&w, k->resp, 200);
    chat_write_member_int(&w, "status", 200);
    if (a.who.id == reader.id && chat_text_same(name, a.who.name)) {
        own_profile(&w, k->call, &a);
    }
    else {
        chat_write_member(&w, "user_name", a.who.name);
        member_description(&w, &a);
    }
    return chat_write_finish(&w);
}

static apr_status_t update(chat_kinglet_t *k)
{
    chat_kinglet_error_t e = {.status = 400, .user = "Invalid data."};
    const char *email, *description = NULL;
    chat_writer_t w;
    apr_status_t rv = chat_kinglet_need_both(k);
    if (rv != APR_SUCCESS)
        return rv;
    email = chat_kinglet_field(k, "email");
    if (chat_json_member(k->json, "desc_markup"))
        description = chat_kinglet_field(k, "desc_markup");
    if (!*email)
        e.system = "Missing e-mail. ";
    else if (strlen(email) > CHAT_EMAIL_MAX)
        e.system = "E-mail must be less 256 characters long. ";
    else if (!chat_email_valid(email))
        e.system = "E-mail has incorrect syntax. ";
    else if (description && strlen(description) > k->call->settings->max_message)
        e.system = "Description is too long. ";
    if (e.system)
        return chat_kinglet_wrong_for(k, &e);
    rv = chat_account_set_contact(k->call, &k->auth, email, description);
    if (rv == CHAT_REFUSED && k->call->problem.code == CHAT_P_EMAIL_TAKEN)
        return chat_kinglet_wrong(
            k->resp, 400, "Duplicate entry",
            apr_psprintf(k->call->pool, "E-mail address %s already exists.", email));
    if (rv == CHAT_REFUSED && (k->call->problem.code == CHAT_P_MUTED ||
                               k->call->problem.code == CHAT_P_EMERGENCY)) {
        e.status = 403;
        e.user = e.system = "You are not allowed to write. ";
        return chat_kinglet_wrong_for(k, &e);
    }
    if (rv != APR_SUCCESS)
        return rv;
    chat_kinglet_answer(&w, k->resp, 200);
    chat_write_member(&w, "profile_updated", "true");
    return chat_write_finish(&w);
}

/* ---- */

static apr_status_t no_such(chat_response_t *resp)
{
    return chat_kinglet_wrong(resp, 400, "Not found", "Invalid request");
}

static apr_status_t look(chat_kinglet_t *k)
{
    if (k->n == 3 && !strcmp(k->segment[1], "activate"))
        return activate(k);
    if (chat_kinglet_ends(k, 1, "activate"))
        return activate(k);
    if (chat_kinglet_ends(k, 2, "logout"))
        return logout(k);
    if (k->n != 2 || !strcmp(k->segment[1], "login") ||
        !strcmp(k->segment[1], "password"))
        return no_such(k->resp);
    return profile(k);
}

apr_status_t chat_kinglet_users(chat_kinglet_t *k)
{
    if (k->req->method == CHAT_GET)
        return look(k);
    if (k->req->method == CHAT_POST && k->n == 1)
        return create(k);
    if (k->req->method == CHAT_PUT && k->n == 1)
        return update(k);
    if (k->req->method == CHAT_POST && chat_kinglet_ends(k, 1, "login"))
        return login(k);
    if (chat_kinglet_ends(k, 1, "password"))
        return k->req->method == CHAT_PUT ? change(k) : forgot(k);
    return no_such(k->resp);
}
