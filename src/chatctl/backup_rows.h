/* SPDX-License-Identifier: Apache-2.0
 * backup_rows.h - backups of a PostgreSQL database: all rows of one snapshot as they are,
 * as JSON Lines (lines.h).
 */
#ifndef CHAT_CHATCTL_BACKUP_ROWS_H
#define CHAT_CHATCTL_BACKUP_ROWS_H

#include "site.h"

/* Writes the rows to FD, which stays open. Returns 0 or an exit code. */
int chatctl_backup_rows(chatctl_site_t *s, int fd, const char *name);

/* Opens the site and puts the rows of FD, which it closes, into its empty database: all
 * of them or none. Returns 0 or an exit code. */
int chatctl_restore_rows(chatctl_site_t *s, int fd, const char *name);

#endif
