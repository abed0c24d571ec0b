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

# The recipes of the manual, word for word. What they call of WordPress, Django and phpBB is stood in for by a few lines here.
my $manual = slurp(stage() . '/docs/signon.md');
my $stage  = "$dir/recipes";
mkdir $_ for $stage, "$stage/shop";
system("cp " . stage() . "/docs/examples/signon.php $stage/ && cp " . stage() . "/docs/examples/signon.py $stage/shop/") == 0 or die "cp: $?\n";
my %recipe;
for my $name (qw(WordPress Django phpBB)) {
    ($recipe{$name}) = $manual =~ /^### \Q$name\E\n.*?^```\w+\n(.*?)^```/ms or die "$name: no recipe\n";
    $recipe{$name} =~ s/www\.example\.org/localhost/g;
}
spew("$stage/plugin.php", $recipe{WordPress});
spew("$stage/wordpress.php", <<'END');
<?php
define('CHAT_KEY', getenv('CHAT_KEY'));
$signed_in = $argv[1] === 'in';
function add_action($hook, $work) { $hook === 'rest_api_init' || exit("another hook\n"); $work(); }
function is_user_logged_in() { return $GLOBALS['signed_in']; }
function wp_get_current_user() { return (object) ['ID' => 7, 'user_login' => 'wilma']; }
function user_can($user, $what) { return false; }
function register_rest_route($space, $path, $route) {
    "$space$path" === 'chat/v1/assertion' && $route['methods'] === 'GET' || exit("another route\n");
    echo $route['permission_callback']() ? json_encode($route['callback']()) : '{}';
}
require __DIR__ . '/plugin.php';
END
spew("$stage/chat-assertion.php", $recipe{phpBB});
spew("$stage/common.php", <<'END');
<?php
defined('IN_PHPBB') || exit("not of phpBB\n");
define('ANONYMOUS', 1);
$user = new class {
    public $data = ['user_id' => 1, 'is_bot' => false, 'username' => 'Anonymous'];
    public function session_begin() {
        if (getenv('PHPBB') === 'in') $this->data = ['user_id' => 8, 'is_bot' => false, 'username' => 'berta'];
    }
};
END
spew("$stage/shop/__init__.py", '');
spew("$stage/shop/views.py", $recipe{Django});
spew("$stage/django.py", <<'END');
import json, os, sys, types

def module(name, **names):
    sys.modules[name] = types.ModuleType(name)
    vars(sys.modules[name]).update(names)

def login_required(view):
    return lambda request: view(request) if request.user else '{}'

for name in ('django', 'django.contrib', 'django.contrib.auth'):
    module(name)
module('django.conf', settings=types.SimpleNamespace(CHAT_KEY=os.environ['CHAT_KEY']))
module('django.contrib.auth.decorators', login_required=login_required)
module('django.http', JsonResponse=json.dumps)
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from shop.views import assertion
user = types.SimpleNamespace(pk=9, get_username=lambda: 'dina')
print(assertion(types.SimpleNamespace(user=user if sys.argv[1] == 'in' else None)))
END
for (['WordPress', 'php', "php $stage/wordpress.php", 'wilma'], ['phpBB', 'php', "php $stage/chat-assertion.php", 'berta'],
    ['Django', 'python3', "python3 -B $stage/django.py", 'dina']) {
    my ($name, $program, $command, $user) = @$_;
SKIP: {
        skip "$program is not installed", 1 if !grep { -x "$_/$program" } split /:/, $ENV{PATH};
        local @ENV{qw(CHAT_KEY PHPBB)} = ($key, 'in');
        my $said = body_json(scalar qx(cd $stage && $command in 2>&1));
        is((button('signon/', { assertion => $said->{assertion} }))[1]{username}, $user, "$name: its user is signed on") or diag(canonical($said));
        $ENV{PHPBB} = 'out';
        like(scalar qx(cd $stage && $command out 2>&1), qr/^(?:\{\}|\[\])\n?$/, "$name: a visitor is not");
    }
}
stop_httpd($server);
done_testing();
