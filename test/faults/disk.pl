# A full disk: clear errors, reads go on, nothing acknowledged is lost, and writing resumes by itself
# when there is room again.
use strict;
use warnings;
use Test::More;
use ChatTest;

my $disk = stage() . '/disk';
mkdir $disk;
if ($> != 0 || system("mount -t tmpfs -o size=3m,mode=0777 tmpfs '$disk' 2>/dev/null") != 0) {
    plan skip_all => 'a small disk can only be mounted by root';
}
END { system "umount -l '$disk' 2>/dev/null" if defined $disk && $> == 0 }

my $server = serve(args => ['--database', "sqlite3:$disk/chat.db"], conf => "ChatRateLimit button:sends off\n");
site($server->{url});
my ($name, $token) = account();
my ($room) = channel($token);
my $filler = "$disk/filler";
spew($filler, 'x' x 1_000_000);

my ($n, @acked) = (0);
sub send_one {
    my $text = 'message ' . ++$n . ' ' . 'x' x 4000;
    my @r = button('sendmessage/', { token => $token, channel => $room, message => $text });
    push @acked, $text if $r[0] == 200;
    return @r;
}
my @r;
for (1 .. 3000) {
    @r = send_one();
    last if $r[0] != 200;
}
answer_like(\@r, 507, 'the disk is full: ' . @acked . ' messages before');
answer_like([send_one()], 507, 'and it is still full');
answer([button('login/', { username => $name, password => $PW })], 200, { message => 'Login successful!' },
    'login goes on');
sub missing {
    my (%there, $before);
    while (1) {
        my @p = button('readmessagesfromchannel/', { token => $token, name => $room, count => 1000,
            $before ? (before => $before) : () });
        return "read: $p[0]" if $p[0] != 200;
        my @page = @{ $p[1]{messages} } or last;
        $there{ $_->{message} }++ for @page;
        $before = $page[0]{message_id};
    }
    my @twice = grep { $there{$_} > 1 } keys %there;
    return join ' ', (map { substr $_, 0, 12 } grep { !$there{$_} } @acked), map { "twice: " . substr $_, 0, 12 } @twice;
}
is(missing(), '', 'reading goes on, nothing is lost');
unlink $filler;
ok(wait_for(sub { @r = send_one(); $r[0] == 200 }), 'with room again it resumes by itself') or diag("$r[0] " . canonical($r[1]));
answer([send_one()], 200, { message => 'Message sent!' }, "and goes on, $_") for 1 .. 3;
is(missing(), '', 'nothing is lost');
is(stop_server($server, expected => qr/CHAT0\d+.*(?:full|room|space)/), 0, 'stopped');
done_testing;
