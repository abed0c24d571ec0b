/* SPDX-License-Identifier: Apache-2.0
 * status.h - what library functions return.
 *
 * Everything in the library returns an apr_status_t: APR_SUCCESS, one of the codes below,
 * or an APR code where APR itself failed (file, memory). HTTP statuses are known to the
 * dialects and the httpd layer only.
 */
#ifndef CHAT_BASE_STATUS_H
#define CHAT_BASE_STATUS_H

#include <apr_errno.h>

#define CHAT_STATUS(n) (APR_OS_START_USERERR + 900 + (n))

/* The request was understood and refused; the call's problem says why. */
#define CHAT_REFUSED CHAT_STATUS(1)
/* Nothing matches. Only the store and the base layer return it; rules turn it into a
 * problem. */
#define CHAT_NOTFOUND CHAT_STATUS(2)
/* A row with that unique key exists. */
#define CHAT_CONFLICT CHAT_STATUS(3)
/* The database or a slot for it was not free in time; the same may work in a second. */
#define CHAT_BUSY CHAT_STATUS(4)
/* No room on the disk; nothing was written. */
#define CHAT_FULL CHAT_STATUS(5)
/* The connection to the database is gone; nothing is known about a write under way. */
#define CHAT_LOST CHAT_STATUS(6)
/* The database cannot be used: read-only, I/O error, corrupt. */
#define CHAT_BROKEN CHAT_STATUS(7)
/* A statement failed in a way that only a mistake of ours explains. */
#define CHAT_BUG CHAT_STATUS(8)
/* Input beyond a stated limit. */
#define CHAT_TOOBIG CHAT_STATUS(9)
/* Input that is not well-formed. */
#define CHAT_MALFORMED CHAT_STATUS(10)

/* Only inside the store: the unit cannot share its transaction with others. */
#define CHAT_APART CHAT_STATUS(11)

/* A failure of the store, not a mistake in the request. */
#define CHAT_IS_FAILURE(rv) ((rv) != APR_SUCCESS && (rv) != CHAT_REFUSED)

#endif
