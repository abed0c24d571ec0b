#!/bin/sh
# Lists each endpoint of the dialects' tables of routes and the test files that call it: its path stands in them as
# a quoted text, in a URL or as the name of a call. Fails when an endpoint has no test.
cd "$(dirname "$0")/.." || exit 1
perl -e '
    my ($none, %text) = (0);
    for my $file (sort glob("test/t/*.t test/realtime/chat/*.js test/discord/*.py test/page/*.mjs")) {
        open my $in, "<", $file or die "$file: $!\n";
        local $/;
        $text{$file} = <$in>;
    }
    for my $dialect (qw(button chatroom teendevops kinglet)) {
        open my $in, "<", "src/api/$dialect.h" or die "src/api/$dialect.h: $!\n";
        my $source = do { local $/; <$in> };
        my %seen;
        my @paths = grep { !$seen{$_}++ } $source =~ m{^R\("/?([a-z][^"]*)"}mg;
        die "src/api/$dialect.h: no route was found\n" if !@paths;
        for my $path (@paths) {
            my ($name) = $path =~ m{^(.*?)/?(?:\*.*)?$};
            my @files = grep {
                (m{/$dialect} || $dialect eq "button" && !m{/(?:chatroom|teendevops|kinglet)-})
                    && $text{$_} =~ m{(?<![a-z])\Q$name\E(?![a-z])}
            } sort keys %text;
            s{^test/}{}, s{^t/|\.t$}{}g for @files;
            printf "%-10s %-24s %s\n", $dialect, $path, @files ? join ", ", @files : "-";
            $none++ if !@files;
        }
    }
    print STDERR "$none endpoints have no test\n" if $none;
    exit($none != 0);'
