# Searching in the Button API: every reader finds what it can read by the other endpoints, and nothing else.
use strict;
use warnings;
use utf8;
use Test::More;
use ChatTest;
binmode $_, ':utf8' for map { Test::More->builder->$_ } qw(output failure_output todo_output);
use ChatroomTest ();

my $conf = join '', map { "ChatRateLimit button:$_ off\n" } qw(registrations requests sends changes logins);
my $server = serve(conf => $conf . "ChatGuests On square\n");
my @ctl = ('--state', $server->{state});
site($server->{url});
my ($true, $false) = (JSON::PP::true(), JSON::PP::false());

sub ctl { my @r = chatctl(@ctl, @_); is($r[0], 0, "chatctl @_[0 .. 0]") or diag($r[2]); return $r[1] }
sub search { my ($token, $query, %more) = @_; return [button('search/', { token => $token, query => $query, %more })] }
sub ids { my ($r) = @_; return $r->[0] == 200 ? [map { $_->{message_id} } @{ $r->[1]{messages} }] : canonical($r->[1]) }
sub texts { my ($r) = @_; return $r->[0] == 200 ? [sort map { $_->{message} } @{ $r->[1]{messages} }] : canonical($r->[1]) }
sub ok_button { my ($path, $token, %data) = @_; my @r = button("$path/", { token => $token, %data }); is($r[0], 200, $path) or diag(canonical($r[1])); return $r[1] }

# The world: kinds of readers, channels and messages. Each message has a word of its own.
my %who;
$who{$_} = [account()] for qw(maker member writer stranger left banned gone erased mod admin);
ctl('account', 'rank', $who{mod}[0], 1);
ctl('account', 'rank', $who{admin}[0], 2);
my @private = map { (channel($who{maker}[1]))[0] } 0, 1;
ctl('channel', 'add', $_, '--creator', $who{maker}[0]) for qw(square plaza attic);
for my $kind (qw(member writer left banned gone erased)) {
    ok_button('addusertochannel', $who{maker}[1], name => $_, username => $who{$kind}[0]) for $private[0], 'square';
}
my ($n, %said) = (0);
sub say_in {
    my ($kind, $channel, $text) = @_;
    my $word = 'canary' . chr(97 + $n / 26) . chr(97 + $n++ % 26);
    my $r = ok_button('sendmessage', $who{$kind}[1], channel => $channel, message => $text // "the $word of $kind", extended => $true);
    return ($r->{message_id}, $word);
}
my %id;
for my $channel (@private, 'square', 'plaza') {
    say_in('maker', $channel);
}
for my $kind (qw(member writer left banned gone erased)) {
    for my $channel ($private[0], 'square') {
        ($id{"$kind $channel"}) = say_in($kind, $channel);
    }
}
for my $pair ([qw(maker member)], [qw(member stranger)], [qw(stranger mod)], [qw(mod admin)], [qw(erased member)]) {
    ok_button('senddm', $who{ $pair->[0] }[1], username => $who{ $pair->[1] }[0], message => "the secret of @$pair");
}
ctl('announce', '--', 'the announcement');
ok_button('editmessage', $who{writer}[1], message_id => $id{"writer $private[0]"}, message => 'the second version');
ok_button('deletemessage', $who{writer}[1], message_id => $id{'writer square'});
ok_button('leavechannel', $who{left}[1], name => $private[0]);
ctl('account', 'ban', $who{banned}[0]);
is((button('deleteaccount/', { username => $who{erased}[0], password => $PW, delete_messages => $true }))[0], 200, 'deleteaccount');
my ($guest, $guest_token) = do { my @r = button('guest/', {}); ($r[1]{username}, $r[1]{token}) };
$who{guest} = [$guest, $guest_token];

# What the other endpoints show of it: that is what a search for any word may find.
sub readable {
    my ($token) = @_;
    my @all;
    for my $channel (@private, 'square', 'plaza', 'default') {
        my @r = button('readmessagesfromchannel/', { token => $token, name => $channel, count => 1000, extended => $true });
        push @all, grep { !$_->{system} && !$_->{deleted} } @{ $r[1]{messages} } if $r[0] == 200;
    }
    push @all, @{ (button('getdms/', { token => $token, count => 1000 }))[1]{dms} || [] };
    push @all, @{ (button('getmessagesforeveryone/', { token => $token, count => 1000 }))[1]{messages} || [] };
    return sort { $a <=> $b } map { $_->{message_id} } grep { $_->{message} =~ /\bthe\b/ } @all;
}

my @readers = grep { !/banned|erased/ } sort keys %who;
sub matrix {
    my ($when) = @_;
    for my $kind (@readers) {
        my $token = $who{$kind}[1];
        my @expected = readable($token);
        my $r = search($token, 'the', order => 'time', count => 100);
        is_deeply([sort { $a <=> $b } @{ ids($r) }], \@expected, "$when: $kind finds what it can read");
        is_deeply(ids($r), [reverse @expected], "$when: the newest first");
        is_deeply([sort { $a <=> $b } @{ ids(search($token, 'the', count => 100)) }], \@expected, "$when: and the best");
        is($r->[1]{complete}, $true, "$when: all of it");
        my @foreign = grep { $_->{snippet} !~ /the/ || $_->{message} !~ /\Q$_->{snippet}\E/ } @{ $r->[1]{messages} };
        is_deeply(\@foreign, [], "$when: snippets are from the messages");
    }
    is_deeply(ids(search($who{maker}[1], 'canary*', sender => $who{writer}[0], count => 100)), [], "$when: what was edited and deleted is not found");
    is_deeply(texts(search($who{member}[1], '"second version"')), ['the second version'], "$when: the new text is");
    is_deeply(texts(search($who{member}[1], "\"secret of erased\"")), [], "$when: nothing of an erased account");
    is_deeply(texts(search($who{mod}[1], 'secret')), ['the secret of mod admin', 'the secret of stranger mod'], "$when: a moderator finds its own direct messages");
    is_deeply(texts(search($who{admin}[1], 'secret', username => $who{mod}[0])), ['the secret of mod admin'], "$when: with one account");
    is_deeply(texts(search($who{admin}[1], 'secret', username => $who{maker}[0])), [], "$when: with another");
    is_deeply(texts(search($who{member}[1], 'the', name => 'plaza')), ['the canaryad of maker'], "$when: in one channel");
    is_deeply(texts(search($who{member}[1], 'secret', sender => $who{maker}[0])), ['the secret of maker member'], "$when: of one sender");
}
matrix('fresh');
for my $i (1 .. 620) {
    my @r = button('sendmessage/', { token => $who{maker}[1], channel => 'attic', message => "filler $i" });
    die canonical($r[1]) if $r[0] != 200;
}
like(ctl('reindex'), qr/^the index has [1-9] blocks in \d+ rows$/, 'the index is written again');
matrix('indexed');
like(ctl('check'), qr/sound/, 'the check looks at the index, too');

# Changes of what the index has show at once.
ok_button('editmessage', $who{member}[1], message_id => $id{"member $private[0]"}, message => 'the third version');
ok_button('deletemessage', $who{maker}[1], message_id => $id{"left $private[0]"});
ok_button('removefromchannel', $who{maker}[1], name => $private[0], username => $who{gone}[0]);
matrix('changed');
is_deeply(texts(search($who{member}[1], 'third')), ['the third version'], 'a new text is found at once');
ctl('account', 'ban', $who{stranger}[0]);
is(search($who{stranger}[1], 'the')->[0], 401, 'a banned account finds nothing');
ctl('account', 'unban', $who{stranger}[0]);

# The answer.
my ($first) = say_in('maker', 'square', 'A quick Brown fox, the brownest fox of all');
my $one = search($who{member}[1], 'brown fox')->[1];
my ($listed) = grep { $_->{message_id} == $first } @{ (button('readmessagesfromchannel/', { token => $who{member}[1], name => 'square', extended => $true }))[1]{messages} };
is(canonical($one), canonical({ messages => [{ %$listed, snippet => $listed->{message}, marks => [[8, 5], [14, 3], [32, 3]] }], complete => $true }), 'the whole answer');
my $short = 'At the end of a text of fewer than 160 characters stands the zebra';
my $long = ('word ' x 40) . 'the quagga ' . 'word ' x 40;
say_in('maker', 'square', $_) for $short, $long;
is_deeply([map { @$_{qw(snippet marks)} } search($who{member}[1], 'zebra')->[1]{messages}[0]], [$short, [[61, 5]]], 'a short text is its own snippet');
is_deeply([map { @$_{qw(snippet marks)} } search($who{member}[1], 'quagga')->[1]{messages}[0]], [substr($long, 204 - 40, 160), [[40, 6]]], 'a long one is cut around its first hit');

# Pages in both orders.
for my $order ('best', 'time') {
    my ($before, @all);
    while (1) {
        my $r = search($who{maker}[1], 'filler -5*', order => $order, count => 90, $before ? (before => $before) : ());
        last if !@{ $r->[1]{messages} };
        push @all, @{ ids($r) };
        $before = $all[-1];
    }
    is(scalar @all, 620 - grep(/^5/, 1 .. 620), "$order: pages have everything");
    my %seen;
    is_deeply([grep { $seen{$_}++ } @all], [], 'once');
}
for my $order ('best', 'time') {
    my $all = search($who{maker}[1], 'filler -5*', order => $order, count => 100)->[1];
    is($all->{complete}, $order eq 'best' ? $true : $false, "$order: whether there may be older ones");
    my $middle = (sort { $a <=> $b } map { $_->{message_id} } @{ $all->{messages} })[50];
    my $older = search($who{maker}[1], 'filler -5*', order => $order, count => 100, older => $middle);
    is(scalar grep({ $_ >= $middle } @{ ids($older) }), 0, "$order: older ones");
    is(scalar @{ ids($older) }, 100, "$order: as many as there are") if $order eq 'best';
    is($all->{older}, $all->{messages}[-1]{message_id}, 'it goes on behind the page') if $order eq 'time';
}
my $date = $listed->{timestamp};
is_deeply(ids(search($who{member}[1], 'fox', since => $date)), [$first], 'since has its moment');
is_deeply(ids(search($who{member}[1], 'fox', until => $date)), [], 'until has not');
is_deeply(ids(search($who{member}[1], 'fox', since => '2001-01-01', until => '9999-12-31')), [$first], 'dates');

# A chatroom is a world of its own.
my ($other, @hidden) = (ChatTest::new_name());
ctl('room', 'add', $other);
is_deeply(texts(search($who{maker}[1], 'fox', order => 'time')), [$listed->{message}], 'another chatroom changes nothing');

# Refusals, and queries of attackers: an answer, and soon.
my %bad = (
    'no query'       => [{}, 400, 'query is missing!'],
    'no text'        => [{ query => 5 }, 400, 'query is not valid!'],
    'only -x'        => [{ query => '-x' }, 400, 'Search for at least one word!'],
    'only *'         => [{ query => '*' }, 400, 'Search for at least one word!'],
    'only quotes'    => [{ query => '"""' }, 400, 'Search for at least one word!'],
    '10,000 words'   => [{ query => join(' ', ('x') x 10000) }, 413, 'Too long, the limit is 1000!'],
    '100 words'      => [{ query => join(' ', map { "x$_" } 1 .. 100) }, 413, 'Too long, the limit is 1000!'],
    'no such order'  => [{ query => 'x', order => 'worst' }, 400, 'order is not valid!'],
    'no such time'   => [{ query => 'x', since => 'yesterday' }, 400, 'since is not valid!'],
    'no day'         => [{ query => 'x', until => '2026-02-29' }, 400, 'until is not valid!'],
    'count 0'        => [{ query => 'x', count => 0 }, 400, 'count is not valid!'],
    'before 0'       => [{ query => 'x', before => 0 }, 400, 'before is not valid!'],
    'older 0'        => [{ query => 'x', older => 0 }, 400, 'older is not valid!'],
    'before, gone'   => [{ query => 'fox', before => 1 }, 404, 'Message not found!'],
    'two places'     => [{ query => 'x', name => 'square', username => $who{mod}[0] }, 400, 'username is not valid!'],
    'no channel'     => [{ query => 'x', name => 'nowhere' }, 404, 'Channel not found!'],
    'foreign channel' => [{ query => 'x', name => $private[1] }, 401, 'You are not in this channel!'],
    'no account'     => [{ query => 'x', username => 'nobody_there' }, 404, 'User not found!'],
    'no sender'      => [{ query => 'x', sender => 'nobody_there' }, 404, 'User not found!'],
);
for my $what (sort keys %bad) {
    my ($data, $status, $text) = @{ $bad{$what} };
    answer([button('search/', { token => $who{member}[1], %$data })], $status, { message => $text }, $what);
}
answer_like([button('search/', { token => 'x', query => 'x' })], 401, 'no token');
answer_like([button('search/', { token => $who{member}[1], query => 'x' x 1048576 })], 413, 'a megabyte');
is_deeply(ids(search($who{member}[1], "\"brown fox")), [$first], 'a quote that is not closed ends with the query');

# Every script.
my %scripts = (
    '東京' => '明日東京へ行く', 'カメラ' => 'ｶﾒﾗを買う', 'ภาษา' => 'ฉันพูดภาษาไทย', '학교' => '우리학교에서',
    'مدرسة' => 'هذه مَدْرَسَة كبيرة', 'ısparta' => 'ISPARTA güzel', 'strasse' => 'die Straße', 'елка' => 'Ёлка зимой',
    'हिन्दी' => 'यह हिन्दी है', '👍' => 'well done👍',
);
for my $query (sort keys %scripts) {
    say_in('maker', 'square', $scripts{$query});
    is_deeply(texts(search($who{member}[1], $query)), [$scripts{$query}], "found: $scripts{$query}");
}
is(stop_server($server), 0, 'the server ends');
done_testing();
