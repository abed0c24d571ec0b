/* SPDX-License-Identifier: Apache-2.0
 * password.h - passwords that others guess first.
 */
#ifndef CHAT_BASE_PASSWORD_H
#define CHAT_BASE_PASSWORD_H

#include <apr_pools.h>

/* Whether PASSWORD, in any case and whatever digits and symbols stand around it, is a
 * word of the list of common ones or the user's NAME (or NULL), or repeats few
 * characters. */
int chat_password_common(const char *password, const char *name, apr_pool_t *pool);

#endif
