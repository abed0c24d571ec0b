# Moderation in the Button API: every act by every rank on every rank, and how each dialect shows its effect.
use strict;
use warnings;
use Test::More;
use ChatTest;
use ChatroomTest ();
use DialectsTest;
use KingletTest ();

use constant {
    NO      => { message => 'You are not allowed to do this!' },
    ABOVE   => { message => 'You are not allowed to do this to this user!' },
    FOREIGN => { message => 'You can only delete your messages!' },
};
my ($true, $false) = (JSON::PP::true(), JSON::PP::false());
my $server = serve_dialects();
my @ctl    = ('--state', $server->{state});
my %who;    # kind => [name, token]
sub make { my ($kind) = @_; return $who{$kind} = [account()] }
make($_) for qw(member other maker maker2 mod mod2 admin admin2 owner);
ctl('account', 'rank', $who{$_}[0], /mod/ ? 1 : 2) for qw(mod mod2 admin admin2);
ctl('room', 'owner', $who{owner}[0]);

sub act { my ($path, $kind, $data) = @_; return [button("$path/", { token => $who{$kind}[1], %$data })] }

# Two channels that all have joined, one of them public.
my $private = (channel($who{maker}[1]))[0];
ctl('channel', 'add', 'square', '--creator', $who{maker}[0]);
for my $kind (grep { $_ ne 'maker' } sort keys %who) {
    act('addusertochannel', 'maker', { name => $_, username => $who{$kind}[0] }) for $private, 'square';
}
ctl('channel', 'grant', $_, $who{maker2}[0], 'x') for $private, 'square';

# What stands in the manual's table of rights: rank in the channel (in) and outside (out).
my %in  = (member => 0, other => 0, maker => 1, maker2 => 1, mod => 1, mod2 => 1, admin => 2, admin2 => 2, owner => 2);
my %out = (%in, maker => 0, maker2 => 0);
my @actors  = qw(member maker mod admin owner);
my @targets = qw(other maker2 mod2 admin2 owner);
my %acts = (    # least kind of actor by right; where ranks count; how it is undone
    mute_in => { path => 'mute', may => qr/maker|mod|admin|owner/, rank => \%in, body => sub { name => $_[0] }, undo => sub { ctl('unmute', $_[1], '--channel', $_[0]) } },
    mute    => { path => 'mute', may => qr/mod|admin|owner/, rank => \%out, undo => sub { ctl('unmute', $_[1]) } },
    grant   => { path => 'grant', may => qr/maker|admin|owner/, rank => \%in, body => sub { name => $_[0], rights => 'rw' },
        undo => sub { ctl('channel', 'grant', $_[0], $_[1], 'x') if $_[1] eq $who{maker2}[0] } },
    remove => { path => 'removefromchannel', may => qr/maker|mod|admin|owner/, rank => \%in, body => sub { name => $_[0] },
        undo => sub { act('addusertochannel', 'maker', { name => $_[0], username => $_[1] }); ctl('channel', 'grant', $_[0], $_[1], 'x') if $_[1] eq $who{maker2}[0] } },
    short_ban => { path => 'banuser', may => qr/mod|admin|owner/, rank => \%out, body => sub { seconds => 86400 }, undo => \&reopen },
    ban       => { path => 'banuser', may => qr/admin|owner/, rank => \%out, undo => \&reopen },
    long_ban  => { path => 'banuser', may => qr/admin|owner/, rank => \%out, body => sub { seconds => 86401 }, undo => \&reopen },
    unban     => { path => 'unbanuser', may => qr/admin|owner/, rank => \%out },
);
sub reopen {
    my (undef, $name) = @_;
    ctl('account', 'unban', $name);
    $who{$_}[0] eq $name and $who{$_}[1] = token($name) for keys %who;
    return;
}
for my $act (sort keys %acts) {
    my $a = $acts{$act};
    for my $channel ($a->{body} && { $a->{body}->('x') }->{name} ? ('square', $private) : 'square') {
        for my $actor (@actors) {
            for my $target (grep { $_ ne $actor } @targets) {
                my $got = act($a->{path}, $actor, { username => $who{$target}[0], $a->{body} ? $a->{body}->($channel) : () });
                my $name = "$act in " . ($channel eq 'square' ? 'a public' : 'a private') . " channel: $actor on $target";
                my $right = $actor =~ /^(?:$a->{may})$/;
                if ($right && $a->{rank}{$actor} > $a->{rank}{$target}) {
                    is($got->[0], 200, $name) or diag(canonical($got->[1]));
                    $a->{undo}->($channel, $who{$target}[0]) if $a->{undo};
                }
                else {
                    answer($got, 403, $right ? ABOVE : NO, $name);
                }
            }
        }
    }
}
answer(act('mute', 'admin', { username => $who{admin}[0] }), 409, { message => 'You cannot change your own account!' }, 'nobody mutes themselves');
answer(act('mute', 'mod', { username => 'nobodyhere' }), 404, { message => 'User not found!' }, 'an unknown user');
answer(act('mute', 'mod', { username => $who{member}[0], name => 'nowhere' }), 404, { message => 'Channel not found!' }, 'an unknown channel');
answer(act('mute', 'mod', { username => $who{member}[0], seconds => $_ }), 400, { message => 'seconds is not valid!' }, 'seconds ' . canonical($_))
    for 0, -1, 'x', 1.5, {};
answer_like([button("$_/", { username => 'x', name => 'y', token => 'z' })], 401, "$_: no token") for map { $_->{path} } values %acts;

# Messages: who deletes whose, in which channel.
sub sent { my ($kind, $channel) = @_; act('sendmessage', $kind, { channel => $channel, message => "of $kind" });
    return (act('getmysentmessages', $kind, { count => 1 }))->[1]{sent_messages}[-1]{message_id} }
for my $channel ('square', $private) {
    for my $actor (@actors) {
        for my $target (grep { $_ ne $actor } @targets) {
            my $id = sent($target, $channel);
            my $right = $actor ne 'member';
            my $want = !$right ? [403, FOREIGN] : $in{$actor} > $in{$target} ? [200, { message => 'Message deleted!' }] : [403, ABOVE];
            answer(act('deletemessage', $actor, { message_id => $id }), @$want, "deletemessage in $channel: $actor, of $target");
            answer(act('deletemessage', $target, { message_id => $id }), $want->[0] == 200 ? 404 : 200,
                { message => $want->[0] == 200 ? 'Message not found!' : 'Message deleted!' }, '... and then its author');
        }
    }
}
act('senddm', 'other', { username => $who{member}[0], message => 'between us' });
my $dm = (act('getdms', 'member', {}))->[1]{dms}[-1]{message_id};
answer(act('deletemessage', $_, { message_id => $dm }), 403, FOREIGN, "a direct message of others: $_") for qw(member mod admin owner);
ctl('channel', 'add', 'attic', '--private', '--creator', $who{other}[0]);
my $hidden = sent('other', 'attic');
answer(act('deletemessage', 'mod', { message_id => $hidden }), 403, FOREIGN, 'a moderator deletes only where it reads');
is(act('deletemessage', 'admin', { message_id => $hidden })->[0], 200, 'an administrator everywhere');

# Channels.
my ($square) = grep { $_->{name} eq 'square' } @{ JSON::PP::decode_json(ctl('channel', 'list', '--json')) };
for my $actor (@actors) {
    answer(act('setchannel', $actor, { name => 'square', slow_seconds => 0, description => "of $actor" }),
        $actor eq 'member' ? (403, NO) : (200, { message => 'Channel changed!', channel => 'square',
            channel_id => $square->{id}, description => "of $actor", public => $true, slow_seconds => 0 }),
        "setchannel, topic: $actor");
    my $is = act('setchannel', $actor, { name => $private, new_name => $private });
    is($is->[0], $actor =~ /maker|admin|owner/ ? 200 : 403, "setchannel, name: $actor");
    is(act('setchannel', $actor, { name => $private, public => $false })->[0], $actor =~ /maker|admin|owner/ ? 200 : 403, "setchannel, public: $actor");
}
is(act('setchannel', 'maker', { name => $private, slow_seconds => $_ })->[0], 400, 'slow_seconds ' . canonical($_)) for -1, 21601, 'x';
answer(act('setchannel', 'maker', { name => $private, new_name => 'squ' . "\x{430}" . 're' }), 400,
    { message => 'Channel name is not valid, it has letters of several scripts in one word!' }, 'a mixed name');
answer(act('setchannel', 'maker', { name => $private, new_name => "SQUARE" }), 409, { message => 'Channel exists!' }, 'a name that is taken');
my $doomed = (channel($who{maker}[1]))[0];
answer(act('deletechannel', $_, { name => $doomed }), 403, NO, "deletechannel: $_") for qw(member mod);
answer(act('deletechannel', 'maker', { name => $doomed }), 200, { message => 'Channel deleted!' }, 'deletechannel: its maker');
answer(act('sendmessage', 'maker', { channel => $doomed, message => 'x' }), 404, { message => 'Channel not found!' }, '... and it is gone');

# What a muted sender gets in each dialect.
my ($victim, $token) = @{ $who{other} };
my %say;
sub log_in { return %say = voices($victim, \$token, $square, $who{member}[0]) }
log_in();
my %refusal = (
    button => [403, qr/^You are muted until \d{4}-\d\d-\d\dT[\d:.]+Z!$/], dm => [403, qr/^You are muted until /],
    chatroom => [403, qr/^You do not have permission to write in this channel!$/],
    teendevops => [200, qr/^You are not allowed to write in that channel\.$/], kinglet => [403, qr/not allowed to write/],
);
sub text { my ($b) = @_; return ref $b ? $b->{message} // $b->{error} // canonical($b) : $b }
sub speaks { my ($what, @dialects) = @_; for (@dialects) { my $r = $say{$_}->('hello'); is($r->[0] =~ /^20/ && text($r->[1]) !~ $refusal{$_}[1] ? 1 : 0, 1, "$what: $_") or diag(canonical($r)) } return }
sub silent { my ($what, @dialects) = @_; for (@dialects) { my $r = $say{$_}->('hello'); is($r->[0], $refusal{$_}[0], "$what: $_"); like(text($r->[1]), $refusal{$_}[1], '... its text') } return }
speaks('before', sort keys %say);
my $muted = act('mute', 'mod', { username => uc $victim, seconds => 600, reason => 'flood' });
is(join(' ', sort keys %{ $muted->[1] }), 'message until username', 'mute: its keys');
is("$muted->[1]{message} $muted->[1]{username}", "User muted! $victim", 'mute: its answer');
silent('muted in the chatroom', sort keys %say);
{
    my $profile = sub { my (%more) = @_; return [button('setprofile/', { token => $token, %more })] };
    for (qw(description location)) { like(text($profile->($_ => 'hello')->[1]), $refusal{button}[1], "muted, setprofile: $_") }
    is($profile->(description => '', color => '#102030')->[0], 200, 'muted, setprofile: what says nothing');
    my $king = KingletTest::login_as($victim, $PW);
    my $put  = sub { KingletTest::king('PUT', '/users', { email => "$victim\@test.example", @_ }, $king) };
    is($put->(desc_markup => 'hello')->[0], 403, 'muted, the profile of Kinglet');
    is($put->(desc_markup => '')->[0], 200, 'muted, the profile of Kinglet: what says nothing');
}
answer(act('unmute', 'mod', { username => $victim }), 200, { message => 'User unmuted!' }, 'unmute');
speaks('unmuted', sort keys %say);
act('mute', 'maker', { username => $victim, name => 'square', seconds => 600 });
silent('muted in the channel', qw(button chatroom teendevops));
speaks('muted in the channel', qw(dm kinglet));
act('unmute', 'maker', { username => $victim, name => 'square' });
act('mute', 'mod', { username => $victim, seconds => 1 });
sleep 2;
speaks('a mute that is over', 'button');
act('mute', 'mod', { username => $victim });
answer($say{button}->('x'), 403, { message => 'You are muted!' }, 'a mute without an end');
act('unmute', 'mod', { username => $victim });

# Slow mode, for all but those that keep order.
act('setchannel', 'maker', { name => 'square', slow_seconds => 300 });
is($say{button}->('first')->[0], 200, 'slow mode: the first message');
for (['button', 429], ['chatroom', 429]) { is($say{ $_->[0] }->('second')->[0], $_->[1], "slow mode: the second one, $_->[0]") }
like(text($say{teendevops}->('second')->[1]), qr/rate limit/, 'slow mode: the second one, teendevops');
is($say{dm}->('x')->[0], 200, 'slow mode: of that channel alone');
is(act('sendmessage', $_, { channel => 'square', message => 'x' })->[0], 200, "slow mode: not for $_") for qw(mod mod maker maker admin admin owner owner);
act('setchannel', 'maker', { name => 'square', slow_seconds => 0 });
is($say{button}->('third')->[0], 200, 'no slow mode');

# Reports.
my $bad = sent('other', 'square');
my $report = act('report', 'member', { message_id => $bad, reason => 'rude' });
is($report->[0], 201, 'report');
is(canonical($report->[1]), qq({"message":"Report received!","report_id":$report->[1]{report_id}}), 'its answer');
is(act('report', 'member', { message_id => $bad, reason => 'very rude' })->[1]{report_id}, $report->[1]{report_id}, 'reported again: the same report');
is_deeply([map { $_->{reason} } @{ act('listreports', 'mod', {})->[1]{reports} }], ['rude'], '... with its first reason');
act('report', 'mod2', { message_id => $bad, reason => 'me too' });
answer(act('report', 'other', { message_id => $bad, reason => 'x' }), 409, { message => 'You cannot change your own account!' }, 'an own message');
answer(act('report', 'mod', { message_id => $dm, reason => 'x' }), 403, { message => 'Your not allowed to read this message!' }, 'a message that one cannot read');
answer(act('report', 'member', { message_id => $bad }), 400, { message => 'reason is missing!' }, 'no reason');
answer(act('listreports', $_, {}), 403, NO, "listreports: $_") for qw(member maker);
my @queue = @{ (act('listreports', 'mod', {}))->[1]{reports} };
is(join(',', map { $_->{reporter} } @queue), "$who{mod2}[0],$who{member}[0]", 'the queue, newest first');
is_deeply([@{ $queue[1] }{qw(report_id state reason action)}], [$report->[1]{report_id}, 'open', 'rude', undef], 'a report');
is_deeply([@{ $queue[1]{reported} }{qw(message_id sender message channel)}], [$bad, $victim, 'of other', 'square'], 'its message');
is(scalar @{ $queue[1]{before} }, 5, 'five messages before it');
ok($queue[1]{reported}{sender_acts} > 0, 'the history of its sender');
answer(act('closereport', 'mod', { report_id => $report->[1]{report_id}, action => 'burn' }), 400, { message => 'action is not valid!' }, 'an unknown action');
answer(act('closereport', 'member', { report_id => $report->[1]{report_id}, action => 'none' }), 403, NO, 'closereport: a member');
answer(act('closereport', 'mod', { report_id => $report->[1]{report_id}, action => 'mute', seconds => 60, reason => 'calm down' }), 200,
    { message => 'Report closed!' }, 'closereport: mute');
silent('muted by a report', 'button');
answer(act('deletemessage', 'other', { message_id => $bad }), 404, { message => 'Message not found!' }, '... and the message is gone');
is(scalar @{ (act('listreports', 'mod', {}))->[1]{reports} }, 0, 'all reports of the message are closed');
is_deeply([map { $_->{action} } @{ (act('listreports', 'mod', { state => 'closed' }))->[1]{reports} }], ['mute', 'mute'], 'the closed ones');
is(act('report', 'member', { message_id => $bad, reason => 'again' })->[0], 404, 'a message that was deleted is not reported');
my $fine = sent('other', 'square');
my $once = act('report', 'member', { message_id => $fine, reason => 'rude' })->[1]{report_id};
act('closereport', 'mod', { report_id => $once, action => 'none' });
is(act('report', 'member', { message_id => $fine, reason => 'again' })->[1]{report_id}, $once, 'reported again after it was closed: the same report');
is(scalar @{ (act('listreports', 'mod', {}))->[1]{reports} }, 0, '... which stays closed');
answer(act('closereport', 'mod', { report_id => $report->[1]{report_id}, action => 'none' }), 409, { message => 'Report is closed!' }, 'closed once');
answer(act('closereport', 'mod', { report_id => 999, action => 'none' }), 404, { message => 'Report not found!' }, 'an unknown report');
act('unmute', 'mod', { username => $victim });
my $private_report = act('report', 'member', { message_id => $dm, reason => 'threat' })->[1]{report_id};
is((act('listreports', 'mod', {}))->[1]{reports}[0]{reported}{message}, 'between us', 'a reported direct message is read by a moderator');
is((act('auditlog', 'admin', { count => 1 }))->[1]{entries}[0]{act}, 'read', '... and the audit log says so');
act('listreports', 'mod', {});
is(scalar(grep { $_->{act} eq 'read' } @{ (act('auditlog', 'admin', {}))->[1]{entries} }), 1, '... once');
answer(act('closereport', 'mod', { report_id => $private_report, action => 'delete' }), 200, { message => 'Report closed!' }, 'it is deleted by the report');
is(scalar(grep { $_->{message_id} == $dm } @{ (act('getdms', 'member', {}))->[1]{dms} }), 0, 'its recipient has it no more');
my $den = (channel($who{maker}[1]))[0];
act('addusertochannel', 'maker', { name => $den, username => $who{other}[0] });
my $seen = act('report', 'member', { message_id => sent('maker', 'square'), reason => 'seen' })->[1]{report_id};
act('report', 'other', { message_id => sent('maker', $den), reason => 'to hide it' }) for 1 .. 21;
is_deeply([map { $_->{reason} } @{ act('listreports', 'mod', {})->[1]{reports} }], ['seen'], 'reports of a channel that a moderator does not read hide no others');
is(scalar @{ act('listreports', 'admin', {})->[1]{reports} }, 20, '... an administrator gets them');
act('closereport', 'mod', { report_id => $seen, action => 'none' });

# The audit log, by whatever way.
answer(act('auditlog', $_, {}), 403, NO, "auditlog: $_") for qw(member maker);
my ($entry) = grep { $_->{act} eq 'mute' && ($_->{reason} // '') eq 'flood' } @{ (act('auditlog', 'mod', { username => $victim, count => 1000 }))->[1]{entries} };
is_deeply([@{ $entry }{qw(actor target message_id)}], [$who{mod}[0], $victim, undef], 'auditlog: a mute');
is(join(' ', sort keys %$entry), 'act actor at id message_id reason target', 'its keys');
my $text = ctl('audit', $victim);
like($text, qr/\bchatctl\b.*\bmute\b|\bflood\b/, 'chatctl audit');
ctl('mute', $victim, '--until', '1h', '--reason', 'by hand');
is((act('auditlog', 'mod', { count => 1 }))->[1]{entries}[0]{actor}, 'chatctl', 'an act of chatctl is there');
is((chatctl(@ctl, 'mute', $victim, '--until', $_))[0], 2, "chatctl mute --until $_") for 'soon', '0h', '2020-01-01', '2030-13-01';
ctl('unmute', $victim);
# What a channel and its messages need by hand.
sub newest { return [@{ act('auditlog', 'mod', { count => 1 })->[1]{entries}[0] }{qw(actor act target reason)}] }
ctl('channel', 'set', 'square', 'slow=5', 'description=by hand', 'public=yes');
is_deeply([map { @{$_}{qw(slow_seconds description)} } grep { $_->{channel_name} eq 'square' } @{ act('listchannels', 'mod', { extended => $true })->[1]{channels} }],
    [5, 'by hand'], 'chatctl channel set');
is_deeply(newest(), ['chatctl', 'channel', 'square', 'topic; slow mode 5 s'], '... in the audit log');
ctl('channel', 'set', 'square', 'slow=0', 'name=plaza');
ctl('channel', 'set', 'plaza', 'name=square');
is((chatctl(@ctl, 'channel', 'set', 'square', $_))[0], 2, "chatctl channel set $_") for 'slow=-1', 'slow=21601', 'public=maybe', 'x', 'x=y';
ctl('channel', 'remove', $private, $who{member}[0], '--reason', 'by hand');
is_deeply(newest(), ['chatctl', 'remove', $who{member}[0], 'by hand'], 'chatctl channel remove');
act('addusertochannel', 'maker', { name => $private, username => $who{member}[0] });
my $gone = sent('member', 'square');
ctl('message', 'delete', $gone, '--reason', 'by hand');
is_deeply(newest(), ['chatctl', 'delete', $who{member}[0], 'by hand'], 'chatctl message delete');
answer(act('deletemessage', 'member', { message_id => $gone }), 404, { message => 'Message not found!' }, '... and it is gone');
my $between = act('senddm', 'other', { username => $who{member}[0], message => 'x', extended => $true })->[1]{message_id};
isnt((chatctl(@ctl, 'message', 'delete', $between))[0], 0, 'not a direct message of others');
my @admin_id = map { $_->{id} } grep { $_->{username} eq $who{member}[0] } @{ (act('adminlistaccounts', 'admin', {}))->[1]{accounts} };
act('adminsetaccount', 'admin', { id => $admin_id[0], rank => 1 });
is_deeply([@{ (act('auditlog', 'mod', { count => 1 }))->[1]{entries}[0] }{qw(actor act target)}], [$who{admin}[0], 'rank', $who{member}[0]], 'an act of the page is there');
act('adminsetaccount', 'admin', { id => $admin_id[0], rank => 0 });

# Bans with an end.
my $banned = act('banuser', 'mod', { username => $victim, seconds => 600 });
is($banned->[1]{message}, 'User banned!', 'banuser');
answer($say{button}->('x'), 401, { message => 'Invalid token!' }, 'banned: the token is gone');
answer([button('login/', { username => $victim, password => $PW })], 401, { message => 'Invalid username or password!' }, 'banned: no login');
ctl('account', 'unban', $victim);
act('banuser', 'mod', { username => $victim, seconds => 1 });
wait_for(sub { (button('login/', { username => $victim, password => $PW }))[0] == 200 }, 30);
$token = token($victim);
is($say{button}->('back')->[0], 200, 'a ban that is over');
ctl('account', 'ban', $victim, '--until', '30m', '--reason', 'spam');
is((act('auditlog', 'mod', { count => 1 }))->[1]{entries}[0]{reason}, 'spam', 'chatctl account ban --reason');
reopen(undef, $victim);
$token = $who{other}[1];
log_in();

# Names that look alike.
answer([button('register/', { username => 'paypal', password => $PW })], 201, (button('register/', { username => 'paypal2', password => $PW }))[1], 'a name');
for my $name ('paypa1', 'PaypaI', 'pаypal', 'раураl') {
    my $bytes = $name; utf8::decode($bytes);
    my @r = button('register/', { username => $bytes, password => $PW });
    ok($r[0] == 401 || $r[0] == 411, "$name is refused") or diag(canonical(\@r));
}
answer([button('register/', { username => 'paypa1', password => $PW })], 401, { message => 'User exists!' }, 'as a name that is taken');
# Nor in another dialect, nor with characters that cannot be seen.
my ($room)  = map { $_->{uuid} } @{ JSON::PP::decode_json(ctl('room', 'list', '--json')) };
my $account = JSON::PP::decode_json(ctl('account', 'show', $victim, '--json'));
my $person  = ChatroomTest::person([ChatroomTest::call('POST', "/api/v0/login/$room", { userID => $account->{uuid}, password => $PW })], $victim, $PW);
my %create = (
    'Button, a user' => sub { (button('register/', { username => $_[0], password => $PW }))[0] == 201 },
    'Kinglet, a user' => sub { KingletTest::king('POST', '/users', { user_name => $_[0], email => new_name() . '@test.com' })->[0] == 201 },
    'Button, a channel' => sub { act('makechannel', 'member', { name => $_[0] })->[0] =~ /^20/ },
    'Button, a new name' => sub { act('setchannel', 'maker', { name => $private, new_name => $_[0] })->[0] == 200 },
    'Chatroom, a channel' => sub { (ChatroomTest::post($person, 'channels', { channel_name => $_[0] }))[0] =~ /^20/ },
    'chatctl, a channel' => sub { my $name = $_[0]; utf8::encode($name); !(chatctl(@ctl, 'channel', 'add', $name))[0] },
);
is($create{$_}->('newsroom') ? 1 : 0, 1, "$_: newsroom") for 'Button, a user', 'Button, a channel';
for my $how (sort keys %create) {
    for my $name ("news\x{200b}room", "news\x{200d}room", "\x{202e}newsroom", "newsroom\x{2066}", "\x{feff}newsroom", "news\x{ad}room", "NEWSROOM", "newsr00m", "n\x{435}wsroom") {
        is($create{$how}->($name) ? 1 : 0, 0, "$how: " . canonical([$name]) . ' is refused');
    }
}
answer([button('changepassword/', { username => 'paypal', password => $PW, new_password => 'Paypal1!' })], 411, { message => 'Password is too common!' },
    'changepassword: the own name');

for (['Passw0rd!', 'a common one'], ['Newcomer1!', 'the own name']) {
    answer([button('register/', { username => 'newcomer', password => $_->[0], extended => $true })], 411, { message => 'Password is too common!' }, "register, extended: $_->[1]");
}
is((button('register/', { username => 'newcomer', password => 'Newcomer1!' }))[0], 201, 'register, as its document has it');
is((button('register/', { username => 'newcomer2', password => 'qT7!vbnw2', extended => $true }))[0], 201, 'register, extended: any other password');

# What holds.
act('mute', 'maker', { username => $victim, name => 'square', seconds => 600, reason => 'flood' });
act('mute', 'mod', { username => $victim });
ctl('account', 'ban', 'newcomer');
is_deeply([map { [@{$_}{qw(username channel actor reason)}, defined $_->{until} ? 1 : 0] } @{ act('listsanctions', 'mod', {})->[1]{mutes} }],
    [[$victim, undef, $who{mod}[0], undef, 0], [$victim, 'square', $who{maker}[0], 'flood', 1]], 'listsanctions: mutes');
is_deeply(act('listsanctions', 'mod', {})->[1]{bans}, [{ username => 'newcomer', until => undef }], 'listsanctions: bans');
is(act('listsanctions', 'mod', {})->[1]{emergency}, undef, 'listsanctions: no emergency');
answer(act('listsanctions', $_, {}), 403, NO, "listsanctions: $_") for qw(member maker);
act('unmute', 'mod', { username => $victim });
act('unmute', 'maker', { username => $victim, name => 'square' });
is(act('listchannels', $_, { extended => $true })->[1]{rank}, $out{$_}, "listchannels, extended: the rank of $_") for @actors;
ok(!exists act('listchannels', 'mod', {})->[1]{rank}, 'listchannels: no rank unless asked for');

# Networks.
sub admin { my ($path, $data) = @_; return act("admin$path", 'admin', $data) }
answer(act('adminbannetwork', $_, { network => '192.0.2.0/24' }), 403, NO, "adminbannetwork: $_") for qw(member mod);
answer(admin('bannetwork', { network => '127.0.0.0/8' }), 409, { message => 'You are in this network!' }, 'not the own network');
answer(admin('bannetwork', { network => '192.0.2.7/24', reason => 'raid' }), 200, { message => 'Network banned!', network => '192.0.2.0/24', until => undef }, 'adminbannetwork');
answer(admin('bannetwork', { network => $_ }), 400, { message => 'network is not valid!' }, "network $_") for 'x', '1.2.3', '1.2.3.4/33';
my $list = admin('listnetworks', {});
is_deeply([map { [@{$_}{qw(network until actor reason)}] } @{ $list->[1]{networks} }], [['192.0.2.0/24', undef, $who{admin}[0], 'raid']], 'adminlistnetworks');
answer(admin('unbannetwork', { network => '192.0.2.0/24' }), 200, { message => 'Network unbanned!' }, 'adminunbannetwork');
answer(admin('unbannetwork', { network => '192.0.2.0/24' }), 404, { message => 'Network not found!' }, 'once');
like((chatctl(@ctl, 'network', 'ban', '127.0.0.0/8'))[2], qr/this machine is in that network/, 'chatctl does not ban itself');

# An emergency: all accounts here are younger than a day.
answer(admin('emergency', { on => $true, reason => 'raid' }), 200, { message => 'Emergency on!', on => $true }, 'adminemergency on');
answer([button('register/', { username => new_name(), password => $PW })], 403, { message => 'Registration is closed!' }, 'registration is closed');
is_deeply([@{ act('listsanctions', 'mod', {})->[1]{emergency} }{qw(actor reason)}], [$who{admin}[0], 'raid'], 'listsanctions: the emergency');
answer($say{button}->('x'), 403, { message => 'New accounts are not allowed to write for now!' }, 'new accounts do not write');
%refusal = (%refusal, button => [403, qr/New accounts/], dm => [403, qr/New accounts/]);
silent('emergency', sort keys %say);
is(act('sendmessage', 'mod', { channel => 'square', message => 'calm' })->[0], 200, 'moderators do');
like(ctl('emergency', 'off'), qr/^emergency off$/m, 'chatctl emergency off');
speaks('after it', sort keys %say);

stop_server($server);
done_testing();
