#!/bin/sh
# each language of the page has every text, with the same {names} and its own plurals; no text is missing or unused
perl -MJSON::PP -e '
    my %plurals = (en => "one other", de => "one other", fr => "one other", es => "one other", pt => "one other",
                   pl => "few many one", tr => "one other", ar => "few many one other two zero", zh => "other", ja => "other");
    my ($bad, %texts, %parts, %used) = 0;
    my $say = sub { print "@_\n"; $bad = 1 };
    my $read = sub { local (@ARGV, $/) = @_; <> };
    for my $file (glob "src/page/lang/*.json") {
        my ($part, $language) = $file =~ m{/(?:(\w+)\.)?(\w+)\.json$};
        $texts{$part // ""}{$language} = eval { decode_json($read->($file)) } or $say->("$file: is not JSON");
    }
    my ($known) = $read->("src/page/lang.js") =~ /LANGUAGES = \{(.*?)\};/s;
    my %known = map { $_ => 1 } $known =~ /(\w+):/g;
    my $names = sub { my %n = map { $_ => 1 } map { /\{(\w+)\}/g } ref $_[0] ? values %{ $_[0] } : $_[0]; join " ", sort keys %n };
    for my $part (sort keys %texts) {
        my $english = $texts{$part}{en} or $say->("lang/$part: has no English"), next;
        my $name = sub { "lang/" . ($part ? "$part." : "") . "$_[0].json" };
        for my $l (sort keys %{ { %known, %{ $texts{$part} } } }) {
            my $mine = $texts{$part}{$l} or $say->($name->($l) . " is missing"), next;
            $plurals{$l} && $known{$l} or $say->($name->($l) . ": this language is not known"), next;
            exists $mine->{$_} or $say->($name->($l) . ": $_ is missing") for sort keys %$english;
            for (sort keys %$mine) {
                my ($here, $there) = ($mine->{$_}, $english->{$_});
                defined $there or $say->($name->($l) . ": $_ is not in English"), next;
                ref $here eq ref $there or $say->($name->($l) . ": $_ has plurals in one language only"), next;
                length $here || !length $there or $say->($name->($l) . ": $_ is empty");
                $names->($here) eq $names->($there) or $say->($name->($l) . ": $_ has other {names}");
                ref $here && (my $forms = join " ", sort keys %$here) or next;
                $forms eq $plurals{$l} or $say->($name->($l) . ": $_ has the forms $forms, not $plurals{$l}");
            }
        }
    }
    my %keys = map { $_ => 1 } map { keys %{ $_->{en} // {} } } values %texts;
    for my $file (glob "src/page/*.js src/page/*.html") {
        my $source = $read->($file);
        $used{$1} //= $file while $source =~ /\bdata-t(?:-\w+)?="([^"]+)"/g;
        while ($source =~ /\bt\(((?:[^()`]|`[^`]*`|\([^()]*\))*)\)/g) {
            my $inside = $1;
            my $first = $inside =~ s/,\s*\{.*//sr;
            my $plain = $first =~ s/`[^`]*`|[!=]== \x27[^\x27]*\x27//gr;
            $used{$1} //= $file while $plain =~ /\x27([^\x27]+)\x27/g;
            $used{$1 . "*"} //= $file while $first =~ /`([^`\$]*)\$\{/g;
        }
    }
    for my $key (sort keys %used) {
        my $start = $key =~ s/\*$//r;
        next if $key =~ /\*$/ ? grep { index($_, $start) == 0 } keys %keys : $keys{$key};
        $say->("$used{$key}: there is no text $key") if $key =~ /\*$/ || $key !~ /^[A-Z]/;
    }
    my $all = join "\n", map { $read->($_) } glob "src/page/*.js src/page/*.html";
    for my $key (sort keys %keys) {
        next if $used{$key} || index($all, "\x27$key\x27") >= 0 || grep { /(.+)\*$/ && index($key, $1) == 0 } keys %used;
        $say->("lang/en.json: $key is not used");
    }
    exit $bad'
