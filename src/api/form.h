/* SPDX-License-Identifier: Apache-2.0
 * form.h - parameters in query strings and bodies: urlencoded and multipart/form-data.
 */
#ifndef CHAT_API_FORM_H
#define CHAT_API_FORM_H

#include "api/api.h"

/* Parameters in a query string or an application/x-www-form-urlencoded body: decoded, the
 * last of a name wins; NULL (with the problem filled) for broken escapes, bad text or
 * more than CHAT_FORM_FIELDS of them. */
apr_table_t *chat_api_form(chat_call_t *c, const char *text, apr_size_t len);

/* Whether the body of REQ is a form: of either type, or of none. */
int chat_api_is_form(const chat_request_t *req);
int chat_api_is_multipart(const chat_request_t *req);

/* The parameters in such a body, as chat_api_form gives them; a file's content counts as
 * its value. */
apr_table_t *chat_api_body_form(chat_call_t *c, const chat_request_t *req);

#endif
