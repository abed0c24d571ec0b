# Helper of the Kinglet tests: requests as its clients make them.
package KingletTest;

use strict;
use warnings;
use Exporter 'import';
use JSON::PP;
use Test::More;
use ChatTest;

our @EXPORT = qw(king get login_as newcomer creds query whole wrong keys_are said $ROOT);
our $ROOT = '/api/v1';

my $json = JSON::PP->new->utf8->canonical;

sub escape { my ($s) = @_; utf8::encode($s) if utf8::is_utf8($s); $s =~ s/([^A-Za-z0-9_.-])/sprintf '%%%02X', ord $1/ge; $s }
sub form { my %f = @_; join '&', map { escape($_) . '=' . escape($f{$_}) } sort keys %f }

# The credentials of a session as form fields, and as a query.
sub creds { my ($u) = @_; return (user_name => $u->{user_name}, user_id => $u->{user_id}, session_id => $u->{session_id}) }
sub query { my ($u) = @_; return '/?' . form(creds($u)) }

# METHOD PATH with DATA (a Perl value or bytes) in the field `json`, and the credentials of USER:
# [status, decoded body, text, headers].
sub king {
    my ($method, $path, $data, $user, %o) = @_;
    my %fields = $user ? creds($user) : ();
    $fields{json} = ref $data ? $json->encode($data) : $data if defined $data;
    my %options = %fields ? (body => form(%fields)) : ();
    my ($status, $text, $headers) = request($method, $ROOT . $path, %options,
        headers => { 'Content-Type' => 'application/x-www-form-urlencoded', %{ $o{headers} || {} } });
    return [$status, body_json($text), $text, $headers];
}

sub get {
    my ($path, $user, %o) = @_;
    my ($status, $text, $headers) = request('GET', $ROOT . $path . ($user ? query($user) : ''), %o);
    return [$status, body_json($text), $text, $headers];
}

# A new open account, logged in.
sub newcomer {
    my ($name) = @_;
    $name //= new_name();
    my $made = king('POST', '/users', { user_name => $name, email => "$name\@test.com" });
    die "create $name: $made->[2]\n" if $made->[0] != 201;
    my $open = get("/users/activate/$made->[1]{user_digest}");
    die "activate $name: $open->[2]\n" if $open->[0] != 200;
    return { %{ login_as("$name\@test.com", $made->[1]{password}) }, password => $made->[1]{password},
        email => "$name\@test.com", digest => $made->[1]{user_digest} };
}

sub login_as {
    my ($email, $password) = @_;
    my $in = king('POST', '/users/login/', { email => $email, password => $password });
    die "login $email: $in->[2]\n" if $in->[0] != 200;
    return $in->[1];
}

sub said {
    my ($user, $text) = @_;
    my $r = king('POST', '/messages', { message_text => $text }, $user);
    die "say: $r->[2]\n" if $r->[0] != 201;
    return $r->[1]{message_id};
}

# The whole answer, byte for byte: BODY is the JSON text in the order of its keys.
sub whole {
    my ($r, $status, $body, $name) = @_;
    is("$r->[0] $r->[2]", "$status $body", $name);
}

# An error: its status is a number with NUMBER, else a string.
sub wrong {
    my ($r, $status, $user, $system, $name, %o) = @_;
    my %words = (400 => 'Bad Request', 401 => 'Not Authorized', 403 => 'Forbidden', 404 => 'Not Found',
        405 => 'Method Not Allowed', 413 => 'Request Entity Too Large', 422 => 'Unprocessable Entity', 429 => 'Too Many Requests');
    my $q = sub { JSON::PP->new->utf8->canonical->allow_nonref->encode($_[0]) };
    my $s = $o{number} ? $status : qq("$status");
    my $more = join '', map { exists $o{$_} ? qq(,"$_":) . $q->($o{$_}) : '' } qw(message_text request_status);
    whole($r, $status, qq({"status":$s,"description":"$words{$status}","user_message":) . $q->($user)
            . ',"system_message":' . $q->($system) . "$more}", $name);
}

sub keys_are {
    my ($text, $keys, $name) = @_;
    my @got = $text =~ /[{,]"(\w+)":/g;
    is("@got", $keys, $name);
}

1;
