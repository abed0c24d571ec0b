# An existing site keeps its paths: ChatEngine On claims the documented endpoints alone, a ChatAPI line
# its whole prefix; a path that a document and the site have is the site's without Kinglet's credentials; metrics of a Location are served whatever a front controller takes.
use strict;
use warnings;
use Test::More;
use ChatTest;

my $dir = stage() . "/paths.$$";
mkdir $_ for $dir, "$dir/htdocs", map {"$dir/htdocs/$_"} qw(api api/v1 api/v1/users api/v3 plain socket.io metrics);
spew("$dir/htdocs/$_", "$_\n") for qw(index.txt api/v1/items.json api/v1/users/ada.json api/v3/extra socket.io/socket.io.js);
spew("$dir/htdocs/.htaccess", "FallbackResource /index.txt\n");
spew("$dir/htdocs/metrics/.htaccess", "SetHandler chat-metrics\n");
my $conf = <<"END";
DocumentRoot $dir/htdocs
LoadModule dir_module $ENV{CHAT_MODULES}/mod_dir.so
LoadModule alias_module $ENV{CHAT_MODULES}/mod_alias.so
<Directory $dir/htdocs>
  Require all granted
  AllowOverride All
</Directory>
<Location /counts>
  SetHandler chat-metrics
</Location>
END

sub is_site { my ($path, $text) = @_; is((request('GET', $path))[1], $text, "the site answers $path") }

my $server = httpd($dir, "${conf}Alias /api/v0/ $dir/\nLogLevel notice\n<VirtualHost *:9>\n</VirtualHost>\n");
site($server->{url});
my @said = grep {/CHAT0164/} split /^/, slurp($server->{log});
is(@said, 1, 'one line says what is mounted, for all hosts that are alike');
like($said[0], qr{button /api/v3, }, 'where');
like($said[0], qr{chatroom /api/v0 \(covered by Alias /api/v0/ .*httpd\.conf:\d+\)}, 'what another directive covers');
like($said[0], qr{Socket\.IO /socket\.io/; everyone may register .*clients may create chatrooms .*without an account}, 'who may do what');
is_site('/api/v1/items.json', "api/v1/items.json\n");
is_site('/api/v1/items',      "index.txt\n");
is_site('/api/v1/',           "index.txt\n");
is_site('/api/v3/extra',      "api/v3/extra\n");
is_site('/socket.io/socket.io.js', "socket.io/socket.io.js\n");
is_site('/socket.io/other',   "index.txt\n");
my ($name, $token) = account();
ok($token, 'endpoints are served');
is((request('GET', '/api/v1/time/'))[0], 200, 'also those of other dialects');
is((request('DELETE', '/api/v3/register/'))[0], 405, 'with every method');
# A front controller has something everywhere; what has Kinglet's shape and credentials, or needs none, is Kinglet's.
is_site($_, "index.txt\n") for map {"/api/v1$_"} qw(/users/ada /users/ /users/ada/logout /users/ada/posts /users/42/posts/7
    /messages /messages/5 /messages/inbox /messages/5/replies /messages/threads /messages/5/likes/all /lists /lists/mine
    /lists/requests /time/zone), '/messages?my_user_id=5';
is_site('/api/v1/users/ada.json', "api/v1/users/ada.json\n");
like((request(@$_))[1], qr/^\{"status":|^$/, "Kinglet answers @$_") for (map { ['GET', "/api/v1$_"] } '/messages?user_id=1', '/messages/x/1/y',
    '/users/ada.json?user_name=x&session_id=y', '/users/ada/posts?user_id=1', '/users/activate/x', '/time'),
    (map { ['POST', "/api/v1$_"] } qw(/users /users/login /users/password /messages /messages/5/replies)),
    (map { ['PUT', "/api/v1$_"] } qw(/users /users/password)), map { ['OPTIONS', "/api/v1$_"] } qw(/messages /users);
isnt((request('POST', '/api/v1/users/ada'))[1], '', 'a method that no document has there');
unlike((request('POST', '/api/v1/users/ada'))[1], qr/"status"/, 'is the site\'s');
isnt((request('GET', '/socket.io/?EIO=4&transport=polling'))[1], "index.txt\n", 'Socket.IO too');
like((request('GET', '/counts'))[1], qr/^mod_chat_requests_total/m, 'metrics of a Location, in spite of .htaccess');
like((request('GET', '/counts'))[1], qr/^mod_chat_daemon_up 1$/m, 'the daemon runs');
spew("$dir/httpd.conf", slurp("$dir/httpd.conf") . "ChatDaemon off\n");
kill 'USR1', $server->{pid};
ok(wait_for(sub { (request('GET', '/counts'))[1] =~ /^mod_chat_daemon_up 0$/m }), 'after a graceful restart without one it does not');
is((request('GET', '/metrics/'))[0], 404, 'metrics in .htaccess are refused');
like(slurp($server->{log}), qr/CHAT0163/, 'and the log says so');
stop_httpd($server, qr/CHAT063[34]|CHAT0163/);

# Where the site has nothing the dialect answers what its document names.
my $static = httpd("$dir/plain", <<"END");
DocumentRoot $dir/htdocs
<Directory $dir/htdocs>
  AllowOverride None
  Require all granted
</Directory>
<Location /api/v1/messages/inbox>
  SetHandler chat-metrics
</Location>
END
site($static->{url});
is_site('/api/v1/users/ada.json', "api/v1/users/ada.json\n");
is((request('GET', "/api/v1$_"))[0], 401, "Kinglet answers $_") for qw(/users/ada /users/ada/logout /messages /messages/5 /messages/outbox /lists/requests);
like((request('GET', '/api/v1/messages/inbox'))[1], qr/^mod_chat/m, 'a handler of the site');
unlike((request('GET', '/api/v1/users/a/b'))[1], qr/"status"/, 'a path that no document has');
stop_httpd($static, qr/CHAT063[34]/);
site($server->{url});

unlink $server->{log};
$server = httpd($dir, "${conf}LogLevel notice\nChatRegistration closed\nChatRoomCreation Off\nChatAPI button /room\n<Location /room>\nChatRoom 77\n</Location>\nChatAPI teendevops off\nChatAPI kinglet /api/v1\nChatAPI button /\nChatAPI button /both\nChatAPI kinglet /both\nChatAPI chatroom /\nAlias /both $dir/\nChatRealtime auto /socket.io/\n");
site($server->{url});
like(slurp($server->{log}), qr{CHAT0164: .*kinglet /api/v1 and all below it.*no one may register.*may not create chatrooms.*by accounts only}, 'and who may not');
is(() = slurp($server->{log}) =~ m{(?:button|kinglet) /both and all below it \(covered by Alias}g, 2, 'each dialect that is covered');
like(slurp($server->{log}), qr{CHAT0165: ChatRoom 77 in .*httpd\.conf:\d+: the database has no such chatroom}, 'a chatroom that is missing');
isnt((request('GET', '/api/v1/items.json'))[1], "api/v1/items.json\n", 'ChatAPI claims its prefix');
is((request('GET', '/api/v1/items.json'))[0], 404, 'with the dialect\'s 404');
is_site('/nothing', "index.txt\n");
is_site('/api/v0/nothing', "index.txt\n");
is_site($_, "index.txt\n") for qw(/users/ada /messages/5 /chatroom /login/admin);
my $uuid = '01234567-89ab-cdef-0123-456789abcdef';
is((request('GET', "/$_/$uuid"))[0], 404, "the chatroom's $_ at the root") for qw(users messages chatroom login);
isnt((button('login/', { username => $name, password => $PW }, mount => '/room'))[0], 200, 'a section changes a default');
isnt((request('GET', '/socket.io/socket.io.js'))[1], "socket.io/socket.io.js\n", 'ChatRealtime claims its path');
stop_httpd($server, qr/CHAT063[34]|CHAT0165/);
done_testing;
