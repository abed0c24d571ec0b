# Helper of the tests of the Chatroom API: a person is a hash with room, id, name, cookie.
package ChatroomTest;

use strict;
use warnings;
use Exporter 'import';
use ChatTest;
use Test::More;

our @EXPORT = qw(call get post answers begins new_room invite join_room login channel_of admin $UUID $PASS
    LOGGED_OUT NO_ROOM);

our $UUID = qr/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/;
our $PASS = 'long enough';
use constant {
    LOGGED_OUT => 'Client not logged in. (Cookie or userID was invalid, or not sent)',
    NO_ROOM    => 'Chatroom does not exist.',
};

# One call: status, decoded body, headers. DATA is a Perl value, bytes, or undef.
sub call {
    my ($method, $path, $data, %headers) = @_;
    my $body = ref $data ? canonical($data) : $data;
    my ($status, $text, $h) = request($method, $path, body => $body, headers => \%headers);
    return ($status, body_json($text), $h, $text);
}

sub mount { $_[0]{mount} // '/api/v0' }

# GET with parameters in headers, and POST with a JSON body, as a person; without a path's
# room of its own it is the person's.
sub get {
    my ($me, $what, %headers) = @_;
    my $room = delete $headers{room} // $me->{room};
    $headers{Cookie} //= "$me->{room}=$me->{cookie}" if $me->{cookie};
    return call('GET', mount($me) . "/$what/$room", undef, userID => $me->{id}, %headers);
}

sub post {
    my ($me, $what, $data, %headers) = @_;
    my $room = delete $headers{room} // $me->{room};
    $headers{Cookie} //= "$me->{room}=$me->{cookie}" if $me->{cookie};
    return call('POST', mount($me) . "/$what/$room", { userID => $me->{id}, %$data }, %headers);
}

# The whole answer: status, and exactly this body.
sub answers {
    my ($got, $status, $body, $name) = @_;
    my $text = "$got->[0] " . canonical($got->[1]);
    return is($text, "$status " . canonical($body), $name);
}

# An error whose text begins like that: a bare JSON string and a line break.
sub begins {
    my ($got, $status, $text, $name) = @_;
    my $ok = $got->[0] == $status && !ref $got->[1] && index($got->[1], $text) == 0
        && $got->[3] =~ /\A".*"\n\z/;
    return ok($ok, $name) || diag("got $got->[0] " . canonical($got->[1]));
}

# Who the answer makes one: the session's cookie is the first.
sub person {
    my ($got, $name, $password) = @_;
    my ($status, $body, $h) = @$got;
    die "$name: $status " . canonical($body) . "\n" if $status != 200;
    my $set = ref $h->{'set-cookie'} ? $h->{'set-cookie'}[0] : $h->{'set-cookie'};
    my ($first) = split /; /, $set;
    my ($room, $value) = split /=/, $first;
    return { room => $body->{chatroomID}, id => $body->{userID}, name => $name, cookie => $value, cookie_name => $room,
        password => $password // $PASS, channels => $body->{channels} };
}

sub new_room {
    my ($name, %o) = @_;
    $name //= new_name();
    my @r = call('POST', ($o{mount} // '/api/v0') . '/chatroom/',
        { username => $name, password => $PASS, chatroom_name => $o{title} // "room of $name" });
    return person(\@r, $name);
}

sub invite {
    my ($owner, %headers) = @_;
    my @r = get($owner, 'invites', %headers);
    die "invite: $r[0] " . canonical($r[1]) . "\n" if $r[0] != 200;
    return $r[1]{inviteID};
}

sub join_room {
    my ($owner, $name, $invite) = @_;
    $name //= new_name();
    $invite //= invite($owner);
    my @r = call('POST', "/api/v0/invites/$owner->{room}",
        { inviteID => $invite, username => $name, password => $PASS });
    return person(\@r, $name);
}

sub login {
    my ($me, %data) = @_;
    my @r = call('POST', "/api/v0/login/$me->{room}", { userID => $me->{id}, password => $me->{password}, %data });
    return person(\@r, $me->{name}, $me->{password});
}

sub channel_of {
    my ($owner, $name, %more) = @_;
    $name //= new_name();
    my @r = post($owner, 'channels', { channel_name => $name, %more });
    die "channel: $r[0] " . canonical($r[1]) . "\n" if $r[0] != 200;
    return $r[1]{channelID};
}

# chatctl on the database of the virtual host NAME, in the chatroom of ME (undef: the first).

sub admin {
    my ($me, @args) = @_;
    my @site = ('--database', database(host_file('chatroom')));
    if ($me) {
        my ($code, $out, $err) = chatctl(@site, 'room', 'list', '--json');
        die "chatctl room list: $code $err\n" if $code;
        my ($room) = grep { $_->{uuid} eq $me->{room} } @{ body_json($out) };
        push @args, '--room', $room->{id};
    }
    my ($code, $out, $err) = chatctl(@site, @args);
    die "chatctl @args: $code $err\n" if $code;
    return $out;
}

1;
