/* SPDX-License-Identifier: Apache-2.0 */
/* Rules of what a new account may be. */
#include "core/admission.h"

#include "base/password.h"
#include "core/emergencies.h"
#include "core/quota.h"
#include "store/skeleton.h"

#include <string.h>

apr_status_t chat_account_password(chat_call_t *c, const char *password, const char *name)
{
    if (strlen(password) > CHAT_PASSWORD_MAX)
        return chat_call_refuse(c, CHAT_P_PASSWORD_RULE, "password");
    return chat_password_common(password, name, c->pool)
               ? chat_call_refuse(c, CHAT_P_PASSWORD_COMMON, "password")
               : APR_SUCCESS;
}

apr_status_t chat_account_admit(chat_call_t *c, chat_tx_t *tx, const chat_account_t *a)
{
    chat_identity_t who;
    apr_status_t rv = chat_emergency_check(c, tx);
    if (rv != APR_SUCCESS)
        return rv;
    rv = chat_identity_by_name(&who, tx, c->room, a->name_key, c->pool);
    if (rv == CHAT_NOTFOUND)
        rv = chat_skeleton_account(tx, c->room, a->who.name, c->pool);
    if (rv == APR_SUCCESS)
        return chat_quota_probe(
            c, chat_call_refuse_detail(c, CHAT_P_NAME_TAKEN, "username", a->who.name));
    return rv == CHAT_NOTFOUND ? APR_SUCCESS : rv;
}
