#!/bin/sh
# plain English: no "nobody", "whoever", "anew", "for ever", "is told", "he" and the like in sources and manual
# The user name nobody is a name. The four documents' texts have none of these.
grep -E '^(mod_chat\.c|(src|sql|conf|docs)/.*\.(c|h|sql|js|html|conf|md)|README\.md|CONTRIBUTING\.md|SECURITY\.md)$' "$CHAT_FILES" |
    while read -r file; do
        grep -nHiwE 'nobody|somebody|whoever|anew|for ever|(is|are|was) told|he|his|him|as one likes|is none' "$file"
    done | grep -vE 'nobody("|\)| to serve)|there is none' && exit 1
exit 0
