/* SPDX-License-Identifier: Apache-2.0
 * version.h - which mod_chat this is; the same as at the top of CHANGES.
 */
#ifndef CHAT_BASE_VERSION_H
#define CHAT_BASE_VERSION_H

#define CHAT_VERSION "0.2.0"

#endif
