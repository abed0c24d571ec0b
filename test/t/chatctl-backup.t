# chatctl backup while the site runs, and restore into another: the same on SQLite and PostgreSQL.
use strict;
use warnings;
use Test::More;
use ChatTest;

my $pgsql  = ($ENV{CHAT_ENGINE} // '') eq 'pgsql';
my $conf   = "ChatRateLimit button:registrations off\n";
my $server = serve(conf => $conf);
site($server->{url});
my @site = ('--state', $server->{state});
my $dir  = stage() . "/backup.$$";
mkdir $dir;

sub said { my ($token, $channel) = @_; join ' ', map { $_->{message} } @{ (button('readmessagesfromchannel/', { token => $token, name => $channel }))[1]{messages} } }

my ($ann, $token) = account();
my ($channel) = channel($token);
button('sendmessage/', { token => $token, channel => $channel, message => $_ }) for qw(one two);
chatctl_is('backup', [@site, 'backup', "$dir/a", '--with-secret'], 0, qr/^copied to \Q$dir\E\/a, the secret to \Q$dir\E\/a\.secret$/);
is((stat "$dir/a")[2] & 0777, 0600, 'a backup is its owner\'s alone');
chatctl_is('backup, again', [@site, 'backup', "$dir/a"], 1, qr/\A\z/, qr/cannot create .*File exists/);
button('sendmessage/', { token => $token, channel => $channel, message => 'three' });
chatctl_is('restore while it runs', [@site, 'restore', "$dir/a"], 1, qr/\A\z/, qr/is in use; stop the web server first/);
is(said($token, $channel), 'one two three', 'changes nothing');
stop_server($server);

# into a site that was just made
my $state = "$dir/other";
stop_server(serve(state => $state, conf => $conf));
chatctl_is('restore', ['--state', $state, 'restore', "$dir/a", '--with-secret'], 0, qr/^restored \Q$dir\E\/a as /);
my $other = serve(state => $state, conf => $conf);
site($other->{url});
is(said($token, $channel), 'one two', 'the token and what there was when it was made');
my ($bob) = account();
is((button('sendmessage/', { token => $token, channel => $channel, message => 'goes on' }))[0], 200, 'and it goes on');
chatctl_is('check', ['--state', $state, 'check'], 0, qr/^the database is sound/);
stop_server($other);

if ($pgsql) {
    my $text = slurp("$dir/a");
    like($text, qr/\A\{"mod_chat":"backup","format":1,"schema":\d+\}\n/, 'the first line');
    chatctl_is('restore over something', ['--state', $state, 'restore', "$dir/a"], 1, qr/\A\z/, qr/not restored, .*the database is not empty: restore into a new one/);
    my $third = "$dir/third";
    stop_server(serve(state => $third, conf => $conf));
    my $n = 0;
    for (['cut off', sub { s/\{"type":"end".*//s }, qr/the file ends too early/],
        ['another schema', sub { s/"schema":\d+/"schema":3/ }, qr/line 1: this is of schema 3, and this chatctl has \d+/],
        ['a text for a number', sub { s/"rank":0/"rank":"0"/ }, qr/line \d+: rank has to be a whole number/],
        ['a row twice', sub { s/(\{"type":"account"[^\n]*\n)/$1$1/ }, qr/line \d+: there is such a row already/],
        ['an export', sub { s/"backup"/"export"/ }, qr/use `chatctl import`/])
    {
        my ($name, $change, $complaint) = @$_;
        local $_ = $text;
        $change->();
        spew("$dir/x" . ++$n, $_);
        chatctl_is($name, ['--state', $third, 'restore', "$dir/x$n"], 1, qr/\A\z/, $complaint);
    }
    chatctl_is('and the file itself', ['--state', $third, 'restore', "$dir/a"], 0, qr/^restored/);
    chatctl_is('backup of what was restored', ['--state', $third, 'backup', "$dir/b"], 0, qr/^copied/);
    is(slurp("$dir/b"), $text, 'the same bytes');
}
done_testing();
