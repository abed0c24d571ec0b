#!/bin/sh
# one hand: first lines, truth values, sizeof, declarations, loops, integers
grep -E '^(src/.*|test/(unit|fuzz|lib|httpd-realtime)/.*)\.[ch]$|^mod_chat\.c$' "$CHAT_FILES" | xargs perl -e '
    for my $file (@ARGV) {
        open my $in, "<", $file or next;
        my @lines = <$in>;
        my $say = sub { printf "%s:%d: %s\n", $file, $_[0] + 1, $_[1] };
        $say->(0, "the first line is the SPDX line") if $lines[0] !~ m{^/\* SPDX-License-Identifier: Apache-2\.0};
        my ($head) = join("", @lines) =~ m{\A/\* SPDX\S* \S+(?: \*/\n/\*|\n \*) (?:\*/)?(\S+)};
        $say->(1, "the file begins without saying what it is") if $file !~ /^test/ && !defined $head;
        my $in_comment = 0;
        for my $i (0 .. $#lines) {
            my $line = $lines[$i];
            $line =~ s{/\*.*?\*/}{}g;
            if ($in_comment) { $line =~ s{^.*?\*/}{} ? ($in_comment = 0) : next }
            $in_comment = 1 if $line =~ s{/\*.*}{};
            $line =~ s{"(?:\\.|[^"\\])*"}{""}g;
            $say->($i, "int, not bool") if $line =~ /\bbool\b|stdbool\.h/;
            $say->($i, "apr_size_t, apr_int64_t: C'"'"'s own names stand in wire, chatd and tests")
                if $line =~ /(?<![a-z_])(?:size_t|int64_t|uint64_t)\b/ && $file =~ m{^src/(?!wire|chatd/)};
            $say->($i, "sizeof(x)") if $line =~ /\bsizeof\s+[^\s(]|\bsizeof\s+\(/;
        }
    }'
