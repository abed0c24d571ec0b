# Every cell of the table of rights: each act by each rank on each rank, in a public and a private channel, and its effect as each dialect shows it.
use strict;
use warnings;
use Test::More;
use ChatTest;
use ChatroomTest ();
use DialectsTest;
use KingletTest ();
use TeenTest ();

my ($true, $false) = (JSON::PP::true(), JSON::PP::false());
my $server = serve_dialects();
sub listed { return @{ JSON::PP::decode_json(ctl(@_, '--json')) } }

# ---- people: a member, two with the right x, two of each rank, the owner; all in two channels ----

my %who = map { my ($name, $token) = account(); $_ => { name => $name, token => $token } }
    qw(member other maker maker2 mod mod2 admin admin2 owner);
ctl('account', 'rank', $who{$_}{name}, /mod/ ? 1 : 2) for qw(mod mod2 admin admin2);
ctl('room', 'owner', $who{owner}{name});
my %in  = (member => 0, other => 0, maker => 1, maker2 => 1, mod => 1, mod2 => 1, admin => 2, admin2 => 2, owner => 2);
my %out = (%in, maker => 0, maker2 => 0);
my @actors  = qw(member maker mod admin owner);
my @targets = qw(other maker2 mod2 admin2 owner);
my ($room) = map { $_->{uuid} } listed('room', 'list');
my %uuid   = map { $_ => JSON::PP::decode_json(ctl('account', 'show', $who{$_}{name}, '--json'))->{uuid} } keys %who;

sub act { my ($path, $kind, $data) = @_; return [button("$path/", { token => $who{$kind}{token}, %$data })] }
my %channel;    # name => {id, uuid}
sub open_channel {
    my ($name, @flags) = @_;
    ctl('channel', 'add', $name, @flags, '--creator', $who{maker}{name});
    for my $kind (sort keys %who) {
        act('addusertochannel', 'maker', { name => $name, username => $who{$kind}{name} }) if $kind ne 'maker';
    }
    ctl('channel', 'grant', $name, $who{maker2}{name}, 'x');
    ($channel{$name}) = grep { $_->{name} eq $name } listed('channel', 'list');
    return $name;
}
my @channels = (open_channel('square'), open_channel('attic', '--private'));

# Sessions of KIND in every dialect.
sub log_in {
    my ($kind) = @_;
    my $p = $who{$kind};
    $p->{token} = token($p->{name});
    @{$p}{qw(teen csrf)} = TeenTest::login_as($p->{name});
    my $in = ChatroomTest::person([ChatroomTest::call('POST', "/api/v0/login/$room", { userID => $uuid{$kind}, password => $PW })], $p->{name}, $PW);
    $p->{cookie} = $in->{cookie};
    $p->{king}   = KingletTest::login_as($p->{name}, $PW);
    return;
}
log_in($_) for @targets;
sub chatroom { my ($kind) = @_; return { room => $room, id => $uuid{$kind}, cookie => $who{$kind}{cookie} } }

# ---- what each dialect shows ----

# Whether KIND may write in CHANNEL; Kinglet has none, there it is a message to a member.
my %says = (
    button   => sub { act('sendmessage', $_[0], { channel => $_[1], message => 'x' })->[0] == 200 },
    chatroom => sub { (ChatroomTest::post(chatroom($_[0]), 'messages', { channelID => $channel{ $_[1] }{uuid}, data => 'x' }))[0] =~ /^20/ ? 1 : 0 },
    teendevops => sub { my @r = TeenTest::td('POST', 'chat/send/', cookie => $who{ $_[0] }{teen},
            form => { channel => $channel{ $_[1] }{id}, message => 'x', csrf => $who{ $_[0] }{csrf} });
        return body_json($r[1])->{success} ? 1 : 0 },
    kinglet => sub { KingletTest::king('POST', '/messages', { message_text => "\@$who{member}{name} x" }, $who{ $_[0] }{king})->[0] == 201 },
);
# Whether KIND may read CHANNEL.
my %reads = (
    button   => sub { act('readmessagesfromchannel', $_[0], { name => $_[1] })->[0] == 200 },
    chatroom => sub { scalar grep { $_->{channelID} eq $channel{ $_[1] }{uuid} && $_->{permissions}{r} } @{ (ChatroomTest::get(chatroom($_[0]), 'channels'))[1] } },
);
# Whether a member finds TEXT in CHANNEL.
$who{member}{cookie} = undef;
log_in('member');
my %finds = (
    button   => sub { scalar grep { $_->{message} eq $_[0] } @{ act('readmessagesfromchannel', 'member', { name => $_[1], count => 50 })->[1]{messages} } },
    chatroom => sub { scalar grep { ($_->{data} // '') eq $_[0] } @{ (ChatroomTest::get(chatroom('member'), 'messages', 'get-method' => 'count', count => 50, channelID => $channel{ $_[1] }{uuid}))[1] } },
    teendevops => sub { my @r = TeenTest::td('GET', 'chat/get/', cookie => $who{member}{teen}, query => { channel => $channel{ $_[1] }{id}, limit => 50 });
        return scalar grep { $_->{message} eq $_[0] } @{ body_json($r[1])->{chat} } },
);
sub each_dialect {
    my ($looks, $want, $name, @args) = @_;
    for my $dialect (sort keys %$want) {
        next if $dialect eq 'teendevops' && $args[1] eq 'attic';    # it has public channels only
        is($looks->{$dialect}->(@args) ? 1 : 0, $want->{$dialect}, "... $name: $dialect");
    }
    return;
}

# ---- acts on people ----

my %all = map { $_ => 0 } keys %says;
my %again = map { $_ => 1 } keys %says;
my %acts = (
    mute_in => { path => 'mute', may => 'maker|mod|admin|owner', rank => \%in, channels => \@channels, body => sub { name => $_[0] },
        effect => sub { each_dialect(\%says, { %all, kinglet => 1 }, 'is silent', @_) }, undo => sub { ctl('unmute', $who{ $_[0] }{name}, '--channel', $_[1]) } },
    mute => { path => 'mute', may => 'mod|admin|owner', rank => \%out, body => sub { () },
        effect => sub { each_dialect(\%says, \%all, 'is silent', @_) }, undo => sub { ctl('unmute', $who{ $_[0] }{name}) } },
    ban => { path => 'banuser', may => 'admin|owner', rank => \%out, body => sub { () },
        effect => sub { each_dialect(\%says, \%all, 'is out', @_) }, undo => sub { ctl('account', 'unban', $who{ $_[0] }{name}); log_in($_[0]) } },
    ban_for_a_day => { path => 'banuser', may => 'mod|admin|owner', rank => \%out, body => sub { seconds => 86400 },
        effect => sub { each_dialect(\%says, \%all, 'is out', @_) }, undo => sub { ctl('account', 'unban', $who{ $_[0] }{name}); log_in($_[0]) } },
    grant => { path => 'grant', may => 'maker|admin|owner', rank => \%in, channels => \@channels, body => sub { name => $_[0], rights => '' },
        effect => sub { each_dialect(\%reads, { button => 0, chatroom => 0 }, 'reads nothing', @_); each_dialect(\%says, { %all, kinglet => 1 }, 'is silent there', @_) },
        undo => \&restore },
    remove => { path => 'removefromchannel', may => 'maker|mod|admin|owner', rank => \%in, channels => \@channels, body => sub { name => $_[0] },
        effect => sub { my $public = $_[1] eq 'square' ? 1 : 0;
            each_dialect(\%reads, { button => $public, chatroom => $public }, 'reads what everyone does', @_);
            is(scalar(grep { $_->{channel_name} eq $_[1] } @{ act('getchannels', $_[0], {})->[1]{channels} || [] }), 0, '... is no member: button') },
        undo => \&restore },
);

# KIND is a member of CHANNEL as before; an owner administrates by right.
sub restore {
    my ($kind, $name) = @_;
    act('addusertochannel', 'maker', { name => $name, username => $who{$kind}{name} });
    ctl('channel', 'grant', $name, $who{$kind}{name}, $kind eq 'maker2' ? 'rwx' : 'rw');
    return;
}
for my $name (sort keys %acts) {
    my $a = $acts{$name};
    for my $place (@{ $a->{channels} || ['square'] }) {
        for my $actor (@actors) {
            for my $target (grep { $_ ne $actor } @targets) {
                my $right = $actor =~ /^(?:$a->{may})$/ && $a->{rank}{$actor} > $a->{rank}{$target};
                my $got = act($a->{path}, $actor, { username => $who{$target}{name}, $a->{body}->($place) });
                is($got->[0], $right ? 200 : 403, "$name, $place: $actor on $target") or diag(canonical($got->[1]));
                $right or next;
                $a->{effect}->($target, $place);
                $a->{undo}->($target, $place);
                each_dialect(\%says, \%again, 'undone', $target, $place) if $actor eq 'admin';
            }
        }
    }
}

# ---- acts on messages ----

my $n = 0;
sub sent { my ($kind, $place) = @_; my $text = 'text ' . ++$n;
    return ($text, act('sendmessage', $kind, { channel => $place, message => $text, extended => $true })->[1]{message_id}) }
for my $place (@channels) {
    for my $actor (@actors, 'author') {
        for my $target ($actor eq 'author' ? @targets : grep { $_ ne $actor } @targets) {
            my $by = $actor eq 'author' ? $target : $actor;
            my ($text, $id) = sent($target, $place);
            my $what = "$place: $actor, of $target";
            is(act('editmessage', $by, { message_id => $id, message => "$text." })->[0], $actor eq 'author' ? 200 : 403, "edit, $what");
            $text .= '.' if $actor eq 'author';
            is(act('messagehistory', $by, { message_id => $id })->[0], $actor eq 'member' ? 403 : 200, "history, $what");
            my $report = act('report', $by, { message_id => $id, reason => 'x' });
            is($report->[0], $actor eq 'author' ? 409 : 201, "report, $what");
            my %seen = (button => 1, chatroom => 1, teendevops => 1);
            each_dialect(\%finds, \%seen, 'is there', $text, $place);
            my $right = $actor eq 'author' || ($actor ne 'member' && $in{$actor} > $in{$target});
            is(act('deletemessage', $by, { message_id => $id })->[0], $right ? 200 : 403, "delete, $what");
            each_dialect(\%finds, { map { $_ => $right ? 0 : 1 } keys %seen }, $right ? 'is gone' : 'stays', $text, $place);
        }
    }
}

# Reports: who sees and closes them.
for my $actor (@actors) {
    my (undef, $id) = sent('other', 'square');
    my $report = act('report', 'maker2', { message_id => $id, reason => 'x' })->[1]{report_id};
    my $may = $actor =~ /mod|admin|owner/ ? 200 : 403;
    is(act($_, $actor, {})->[0], $may, "$_: $actor") for qw(listreports listsanctions auditlog);
    is(act('closereport', $actor, { report_id => $report, action => 'none' })->[0], $may, "closereport: $actor");
}

# ---- acts on channels ----

for my $private (0, 1) {
    for my $actor (@actors) {
        my $place = open_channel('place' . ++$n, $private ? '--private' : ());
        my ($keeps, $manages) = map { $actor =~ $_ ? 200 : 403 } qr/maker|mod|admin|owner/, qr/maker|admin|owner/;
        my $what = ($private ? 'private' : 'public') . " channel: $actor";
        is(act('setchannel', $actor, { name => $place, $_->[1] => $_->[2] })->[0], $keeps, "$_->[0], $what") for ['slow mode', 'slow_seconds', 5], ['topic', 'description', 'x'];
        is(act('setchannel', $actor, { name => $place, public => $private ? $true : $false })->[0], $manages, "publish, $what");
        my $public = $manages == 200 ? $private : !$private;
        my @shown = map { $_->{title} } @{ body_json((TeenTest::td('GET', 'channels/get/'))[1])->{channels} };
        is((grep { $_ eq $place } @shown) ? 1 : 0, $public ? 1 : 0, '... as teendevops lists them');
        is(act('setchannel', $actor, { name => $place, new_name => "$place-2" })->[0], $manages, "rename, $what");
        my $now = $manages == 200 ? "$place-2" : $place;
        my %names = (button => sub { map { $_->{channel_name} } @{ act('listchannels', 'member', {})->[1]{channels} } },
            chatroom => sub { map { $_->{channel_name} } @{ (ChatroomTest::get(chatroom('member'), 'channels'))[1] } });
        for my $dialect (sort keys %names) { is(scalar(grep { $_ eq $now } $names{$dialect}->()), 1, "... its name: $dialect") }
        is(act('deletechannel', $actor, { name => $now })->[0], $manages, "delete, $what");
        for my $dialect (sort keys %names) { is(scalar(grep { $_ eq $now } $names{$dialect}->()), $manages == 200 ? 0 : 1, "... whether it is there: $dialect") }
    }
}

# ---- the chatroom ----

my %id = map { $_->{username} => $_->{id} } @{ act('adminlistaccounts', 'admin', { count => 100 })->[1]{accounts} };
for my $actor (@actors) {
    my $may = $actor =~ /admin|owner/ ? 200 : 403;
    is(act('adminsetaccount', $actor, { id => $id{ $who{other}{name} }, rank => 0 })->[0], $may, "rank: $actor");
    ctl('account', 'ban', $who{other}{name});
    is(act('unbanuser', $actor, { username => $who{other}{name} })->[0], $may, "unban: $actor");
    ctl('account', 'unban', $who{other}{name});
    is(act('adminbannetwork', $actor, { network => '192.0.2.0/24' })->[0], $may, "adminbannetwork: $actor");
    is(act('adminlistnetworks', $actor, {})->[0], $may, "adminlistnetworks: $actor");
    is(act('adminunbannetwork', $actor, { network => '192.0.2.0/24' })->[0], $may, "adminunbannetwork: $actor");
    is(act('adminemergency', $actor, { on => $_ })->[0], $may, "adminemergency: $actor") for $true, $false;
}

stop_server($server);
done_testing();
