# chatctl account erase: nothing of a person stays in the database, not in its log, index or free pages, while the site runs.
use strict;
use warnings;
use Test::More;
use ChatTest;
use HTTP::Tiny;

my $pgsql  = ($ENV{CHAT_ENGINE} // '') eq 'pgsql';
my $server = serve(conf => "ChatRateLimit button:registrations off\n");
site($server->{url});
my @site = ('--state', $server->{state});
my $file = "$server->{state}/data/chat.db";
sub done { my ($path, %body) = @_; my @r = button("$path/", \%body); is(int($r[0] / 100), 2, "$path") or diag(canonical($r[1])); return $r[1] }
sub ok_ctl { my @r = chatctl(@site, @_); is($r[0], 0, "chatctl $_[0]") or diag("$r[1]$r[2]"); return $r[1] }

# What is on the disk, or in what PostgreSQL says it has.
sub bytes_of {
    return (chatctl(@site, 'backup', stage() . "/erase.$$." . ++$_[0]))[0] == 0 ? slurp(stage() . "/erase.$$.$_[0]") : '' if $pgsql;
    return join '', map { slurp($_) } glob "$file*";
}
my $copies = 0;
sub holds { my ($canary) = @_; return index(bytes_of($copies), $canary) >= 0 }

my %canary = (name => 'quokkaname', text => 'wombattext', edited => 'numbattext', direct => 'dugongtext', email => 'bilby@canary.example', profile => 'echidnaprofile', reason => 'kowarireason');
my ($ann, $token) = account($canary{name});
my ($bob, $bob_token) = account();
my ($channel) = channel($bob_token);
done('addusertochannel', token => $bob_token, name => $channel, username => $ann);
sub items { (button('readmessagesfromchannel/', { token => $bob_token, name => $channel, extended => JSON::PP::true() }))[1]{messages} }
ok_ctl('account', 'set', $ann, "description=$canary{profile}", "email=$canary{email}");
ok_ctl('account', 'rank', $ann, 1);
done('sendmessage', token => $token, channel => $channel, message => $canary{edited});
my $id = items()->[0]{message_id};
done('editmessage', token => $token, message_id => $id, message => $canary{text});
done('senddm', token => $token, username => $bob, message => $canary{direct});
done('senddm', token => $bob_token, username => $ann, message => 'to a person');
done('sendmessage', token => $bob_token, channel => $channel, message => 'answer', reply_to => $id);
my $bobs = items()->[1]{message_id};
done('react', token => $token, message_id => $bobs, emoji => "\x{1f389}");
done('report', token => $token, message_id => $bobs, reason => $canary{reason});
done('markread', token => $token, name => $channel, message_id => $bobs);
done('sendmessage', token => $bob_token, channel => $channel, message => "line $_") for 1 .. 30;
# from an address of its own: a session, a wrong password, a message, a report of that
$canary{address} = '127.203.44.187';
my $away = HTTP::Tiny->new(local_address => $canary{address});
sub away {
    my ($path, $type, $content) = @_;
    return $away->post("$server->{url}$path", { headers => { 'Content-Type' => $type }, content => $content })->{status};
}
sub login { return away('/api/v1/users/login', 'application/x-www-form-urlencoded', 'json=' . join '', map { sprintf '%%%02X', ord } split //, canonical({ email => $ann, password => $_[0] })) }
is(login($PW),     200, 'a session from an address');
is(login('Wrong'), 404, 'a wrong password from there');
is(away('/api/v3/sendmessage/', 'application/json', canonical({ token => $token, channel => $channel, message => $canary{text} })), 200, 'a message from there');
ok_ctl('mute', $ann, '--reason', 'loud', '--until', '1h');
ok_ctl('unmute', $ann);
ok_ctl('reindex');
ok(holds($canary{$_}), "$_ was there") for grep { $_ ne 'edited' } sort keys %canary;

# the name goes, the texts stay
like(ok_ctl('account', 'erase', $ann), qr/^account $ann erased; it is (erased-[0-9a-f]{8}) now$/, 'says the new name');
my ($erased) = ok_ctl('account', 'list') =~ /(erased-[0-9a-f]{8})/;
ok(!holds($canary{$_}), "no $_") for qw(name email profile reason address);
ok(holds($canary{text}), 'the text stays');
is_deeply([map { $_->{sender} } @{ items() }[0, 1]], [$erased, $bob], 'under the new name');
is((button('login/', { username => $ann, password => $PW }))[0], 401, 'no login');
is((button('readmessagesfromchannel/', { token => $token, name => $channel }))[0], 401, 'no token');

# then the texts, by the new name
ok_ctl('account', 'erase', $erased, '--texts');
ok(!holds($canary{$_}), "no $_") for sort keys %canary;
is((chatctl(@site, 'account', 'erase', $ann))[0], 1, 'the old name is unknown');
like(ok_ctl('check'), qr/^the database is sound/, 'check');
is(scalar @{ items() }, 32, 'the place of the message and the rest are there');
done('sendmessage', token => $bob_token, channel => $channel, message => 'goes on');
account();
stop_server($server);
done_testing();
