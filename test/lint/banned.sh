#!/bin/sh
# no unbounded string calls, no marks for later, no paths of one machine
in_files() { # PATTERN WHICH NOT-WHICH
    grep -E "$2" "$CHAT_FILES" | grep -vE "$3" | xargs grep -snHIE "$1" --
}
in_files '\b(strcpy|strcat|sprintf|vsprintf|strtok|atoi|atol|atof|sscanf|gets)\(' '\.[ch]$' '^$'
in_files '\b(T[O]DO|F[I]XME|X[X]X|H[A]CK)\b' . '^(CHANGES|LICENSE|test/data/.*)$'
in_files "(^|[^A-Za-z0-9_./'-])/(home|[w]ork|[f]arm|root|Users)/" . '^LICENSE$'
:
