# Helper of the teendevops tests: calls with parameters and a cookie, exact bodies.
package TeenTest;

use strict;
use warnings;
use Exporter 'import';
use JSON::PP;
use Test::More;
use ChatTest;

our @EXPORT = qw(td td_form said refused session cookie_of login_as enc $MOUNT $CSRF $SIGNED_OUT $ID);

our $MOUNT      = '/api/v1';
our $CSRF       = 'Invalid CSRF token.';
our $SIGNED_OUT = 'You must be signed in to do that.';
our $ID         = qr/[0-9a-v]{26}/;

sub enc {
    my ($text) = @_;
    utf8::encode($text);
    $text =~ s/([^A-Za-z0-9_.-])/sprintf '%%%02X', ord $1/ge;
    return $text;
}

sub td_form { my %p = @_; return join '&', map { enc($_) . '=' . enc($p{$_}) } sort keys %p }

# One call: status, body as bytes, headers. Options: query and form (hashes or text), cookie,
# headers, type of the body.
sub td {
    my ($method, $path, %o) = @_;
    my $query = ref $o{query} ? td_form(%{ $o{query} }) : $o{query};
    my $body  = ref $o{form} ? td_form(%{ $o{form} }) : $o{form};
    my %h     = %{ $o{headers} || {} };
    $h{Cookie} = "teendevops_session=$o{cookie}" if defined $o{cookie};
    $h{'Content-Type'} = $o{type} || 'application/x-www-form-urlencoded' if defined $body;
    my $url = ($o{mount} // $MOUNT) . "/$path" . (defined $query ? "?$query" : '');
    return request($method, $url, headers => \%h, defined $body ? (body => $body) : ());
}

# The whole answer, byte by byte.
sub said {
    my ($got, $body, $name) = @_;
    return is("$got->[0] $got->[1]", "200 $body", $name);
}

# An error with status 200.
sub refused {
    my ($got, $text, $name) = @_;
    my $quoted = JSON::PP->new->ascii->allow_nonref->encode($text);
    $quoted =~ s{/}{\\/}g;
    return said($got, qq({"success":false,"error":$quoted}), $name);
}

# The id in a Set-Cookie, or undef.
sub cookie_of {
    my ($headers) = @_;
    my $c = $headers->{'set-cookie'};
    return undef if !defined $c || ref $c;
    return $c =~ /^teendevops_session=($ID);/ ? $1 : undef;
}

# A visitor's session: (id, csrf).
sub session {
    my (%o) = @_;
    my @r = td('GET', 'auth/csrf/', %o);
    my $b = body_json($r[1]);
    return ($b->{sessionid}, $b->{csrf});
}

# A session of the account NAME: (id, csrf).
sub login_as {
    my ($name, $password) = @_;
    my ($id, $csrf) = session();
    my @r = td('POST', 'auth/login/', cookie => $id,
        form => { username => $name, password => $password // $PW, csrf => $csrf });
    my $b = body_json($r[1]);
    $b->{success} or die "login as $name: $r[0] $r[1]\n";
    return ($b->{sessionid}, $b->{csrf});
}

1;
