/* SPDX-License-Identifier: Apache-2.0
 * options.h - options of the command line: "--name value", "--name=value" or "--name",
 * anywhere before "--".
 */
#ifndef CHAT_CHATCTL_OPTIONS_H
#define CHAT_CHATCTL_OPTIONS_H

#include "chatctl.h"

/* Fills CTL from ARGV (ends with NULL): options to their members, their names to
 * ctl->given, everything else to ctl->args. Returns NULL or the fault. */
const char *chatctl_options_read(chatctl_t *ctl, const char *const *argv);

/* The first given option that the command of CTL does not accept, or NULL. */
const char *chatctl_options_refused(const chatctl_t *ctl);

/* Whether the option NAME was given. */
int chatctl_given(const chatctl_t *ctl, const char *name);

#endif
