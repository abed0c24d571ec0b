# From a site with a login to a user who is signed on in a box on one of its pages: the six lines of
# docs/examples/signon.conf, by the clock.
use strict;
use warnings;
use Digest::SHA qw(sha1_base64);
use MIME::Base64 qw(encode_base64);
use Test::More;
use Time::HiRes qw(time);
use ChatTest;

my $dir = stage() . '/minute';
mkdir $dir;
my @lines = split /\n/, slurp(stage() . '/docs/examples/signon.conf');
is(scalar @lines, 6, 'six lines');
is(join(' ', map { (split)[0] } @lines[0 .. 3]), 'LoadModule DBDriver DBDParams ChatEngine', 'four of them are what every chat has');

# The site as it was: every page behind its own login. One of them gets the box.
my $site = join '', map({"LoadModule ${_}_module $ENV{CHAT_MODULES}/mod_$_.so\n"} qw(alias authn_core auth_basic authn_file authz_user)), <<"END";
DocumentRoot $dir/htdocs
AddType text/html .html
AddType text/javascript .js
AddType text/css .css
<Location "/">
  AuthType Basic
  AuthName site
  AuthBasicProvider file
  AuthUserFile $dir/users
  Require valid-user
</Location>
END
mkdir "$dir/htdocs";
spew("$dir/htdocs/page.html", <<'END');
<!doctype html><html lang="en"><title>A site</title>
<link rel="stylesheet" href="/chat/widget.css">
<script type="module" src="/chat/widget.js"></script>
<mod-chat></mod-chat></html>
END
is(system('cp', '-r', "$ENV{CHAT_BUILD}/page", "$dir/page"), 0, 'the page is there');
$lines[5] =~ s{/usr/local/share/mod_chat/page}{$dir/page} or die "no page in signon.conf\n";
spew("$dir/users", 'alice:{SHA}' . sha1_base64('secret') . "=\n");

my $begin  = time;
my $server = httpd("$dir/site", $site . join("\n", @lines[4, 5]) . "\n");
my %as     = (headers => { Authorization => 'Basic ' . encode_base64('alice:secret', '') });
site($server->{url});
my (undef, $in) = button('signon/', {}, %as);
is($in->{username}, 'alice', 'signed on');
answer([button('sendmessage/', { token => $in->{token}, channel => 'default', message => 'hello' }, %as)], 200, { message => 'Message sent!' }, 'and said hello');
is((button('readmessagesfromchannel/', { token => $in->{token}, name => 'default' }, %as))[1]{messages}[0]{sender}, 'alice', 'which is there');
diag(sprintf '%d lines and %.1f seconds from a site with a login to its first message', scalar @lines, time - $begin);
SKIP: {
    my $said = `$ENV{CHAT_TOP}/test/page/run.sh minute $server->{url}/page.html alice secret 2>&1`;
    skip $said, 2 if $said =~ /skipped/;
    is($said, "alice is in\n", 'in the box, too');
    my @said = @{ (button('readmessagesfromchannel/', { token => $in->{token}, name => 'default' }, %as))[1]{messages} };
    is(join(' ', map { "$_->{sender}:" . $_->{message} } @said), 'alice:hello alice:from the box', 'which wrote');
    diag(sprintf '%d lines and %.1f seconds to a message from a signed-in box, with the start of a browser', scalar @lines, time - $begin);
}
stop_httpd($server);
done_testing();
