# SPDX-License-Identifier: Apache-2.0
# Leaves comments and indentation out of a script of the page: visitors load half of it.
s@/\*\*[^*]*\*/ *@@g
\@^ */\*\*@,\@\*/@d
\@^ *// @d
s@ // [^'"`]*$@@
s@^ *@@
/^$/d
