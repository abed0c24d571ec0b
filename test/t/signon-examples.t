# The functions of docs/examples sign what mod_chat accepts: PHP, Python, Node.
use strict;
use warnings;
use Test::More;
use ChatTest;

my $dir = stage() . '/examples';
my $key = 'a-key-of-the-site-0123456789abcdefgh';
mkdir $dir;
system("openssl genpkey -algorithm ed25519 -out $dir/private.pem 2>/dev/null && openssl pkey -in $dir/private.pem -pubout -out $dir/public.pem") == 0
    or die "openssl: $?\n";
my ($public) = slurp("$dir/public.pem") =~ /\n(\S+)\n/;
spew("$dir/keys", "a HS256 $key\nb EdDSA $public\n");
chmod 0600, "$dir/keys";
my $server = httpd("$dir/site", "ChatSignOnKey $dir/keys\n");
site($server->{url});

for (['php', 'signon.php', $key], ['python3', 'signon.py', $key], ['node', 'signon.mjs', slurp("$dir/private.pem")]) {
    my ($program, $file, $secret) = @$_;
SKIP: {
        skip "$program is not installed", 1 if !grep { -x "$_/$program" } split /:/, $ENV{PATH};
        local $ENV{CHAT_KEY} = $secret;
        my $examples = stage() . '/docs/examples';
        my %seen;
        for my $created (1, 0) {
            my $assertion = qx($program $examples/$file localhost user-of-$program);
            chomp $assertion;
            my @got = button('signon/', { assertion => $assertion });
            like(delete $got[1]{token} // '', qr/^[0-9a-f-]{36}$/, "$program: a token");
            answer(\@got, 200, { message => 'Signed on!', username => "user-of-$program", created => $created ? JSON::PP::true() : JSON::PP::false() },
                "$program: " . ($created ? 'first sight' : 'second sight'));
            ok(!$seen{$assertion}++, "$program: no assertion twice");
        }
    }
}
stop_httpd($server);
done_testing();
