/* SPDX-License-Identifier: Apache-2.0
 * mask.h - request lines without the secrets in them.
 */
#ifndef CHAT_HTTPD_REQUEST_MASK_H
#define CHAT_HTTPD_REQUEST_MASK_H

#include "api/api.h"

#include <httpd.h>

/* Hook (post_read_request): overwrites session ids, tokens and passwords in the request
 * lines below a mount with asterisks, before mod_status or a log shows it. The request
 * itself keeps them. */
int chat_mask_request(request_rec *r);

/* The same for R, which a directory's SetHandler brought to DIALECT. */
void chat_mask_line(request_rec *r, const chat_dialect_t *dialect);

#endif
