# A server that speaks all four dialects, without limits on rates: for tests that look at one thing through each of them.
package DialectsTest;

use strict;
use warnings;
use Exporter 'import';
use Test::More;
use ChatTest;
use KingletTest ();
use TeenTest ();

our @EXPORT = qw(serve_dialects ctl);

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

1;
