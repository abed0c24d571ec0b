# A server that speaks all four dialects, without limits on rates: for tests that look at one thing through each of them.
package DialectsTest;

use strict;
use warnings;
use Exporter 'import';
use Test::More;
use ChatTest;
use ChatroomTest ();
use KingletTest ();
use TeenTest ();

our @EXPORT = qw(serve_dialects ctl voices);

my $state;

sub serve_dialects {
    my $conf = "ChatAPI teendevops /td\nChatAPI kinglet /kg\nChatAdmin On\n"
        . join '', map { my $d = $_; map { "ChatRateLimit $d:$_ off\n" } qw(registrations requests sends changes logins) }
        qw(button chatroom teendevops kinglet);
    my $server = serve(conf => $conf);
    $state = $server->{state};
    site($server->{url});
    $TeenTest::MOUNT   = '/td';
    $KingletTest::ROOT = '/kg';
    return $server;
}

# What chatctl says, which succeeds.
sub ctl { my @r = chatctl('--state', $state, @_); is($r[0], 0, "chatctl @_[0, 1]") or diag($r[2]); return $r[1] }

# One account, logged in to each dialect: how it says a text in CHANNEL (id, uuid, name; Kinglet: to the account TO),
# by dialect; each gives [status, body, bytes, headers]. TOKEN is a reference.
sub voices {
    my ($name, $token, $channel, $to) = @_;
    my $account = JSON::PP::decode_json(ctl('account', 'show', $name, '--json'));
    my ($room) = map { $_->{uuid} } @{ JSON::PP::decode_json(ctl('room', 'list', '--json')) };
    my ($teen, $csrf) = TeenTest::login_as($name);
    my $person = ChatroomTest::person([ChatroomTest::call('POST', "/api/v0/login/$room", { userID => $account->{uuid}, password => $PW })], $name, $PW);
    my $king = KingletTest::login_as($name, $PW);
    my $bytes = sub { my ($status, $text, $headers) = @_; [$status, body_json($text), $text, $headers] };
    my $button = sub { my ($path, $data) = @_; $bytes->(request('POST', "/api/v3/$path/", body => canonical({ token => $$token, %$data }))) };
    return (
        button     => sub { $button->('sendmessage', { channel => $channel->{name}, message => $_[0] }) },
        dm         => sub { $button->('senddm', { username => $to, message => $_[0] }) },
        chatroom   => sub { my @r = ChatroomTest::post($person, 'messages', { channelID => $channel->{uuid}, data => $_[0] }); [@r[0, 1, 3, 2]] },
        teendevops => sub { $bytes->(TeenTest::td('POST', 'chat/send/', cookie => $teen, form => { channel => $channel->{id}, message => $_[0], csrf => $csrf })) },
        kinglet    => sub { KingletTest::king('POST', '/messages', { message_text => "\@$to $_[0]" }, $king) },
    );
}

1;
