# Every mistake in the configuration is named before the server starts, with the value and what is allowed.
use strict;
use warnings;
use File::Basename;
use File::Copy;
use Test::More;
use ChatTest;

my $dir = stage() . "/dbs.$$";
mkdir $dir;
chmod 0600, spew(stage() . "/secret.$$", '5a' x 32 . "\n");
my %discord = (nonsense => "no-url\n", lines => "one\ntwo\n", empty => "\n", url => "https://discord.com/api/webhooks/1/s3cr3t\n");
for (keys %discord) {
    my $file = stage() . "/discord.$_.$$";
    chmod 0600, spew($file, $discord{$_});
    $discord{$_} = $file;
}
my $open = spew(stage() . "/open.$$", "x\n");
my $db   = "DBDriver sqlite3\nDBDParams $dir/chat.db\n";
my $site = "${db}ChatEngine On\n";

# [what, snippet, expression that httpd's answer must match]
my @mistakes = (
    ['ChatEngine',           "${db}ChatEngine Perhaps",                  qr/ChatEngine Perhaps: must be On or Off/],
    ['no database',          "ChatEngine On",                            qr/DBDriver|DBDParams/],
    ['no driver',            "DBDParams $dir/chat.db\nChatEngine On",    qr/DBDriver/],
    ['no parameters',        "DBDriver sqlite3\nChatEngine On",          qr/DBDParams/],
    ['another driver',       "DBDriver mysql\nDBDParams x\nChatEngine On", qr/mysql/],
    ['a database in memory', "DBDriver sqlite3\nDBDParams :memory:\nChatEngine On", qr/:memory:/],
    ['a relative database',  "DBDriver sqlite3\nDBDParams chat.db\nChatEngine On",  qr/chat\.db/],
    ['no such directory',    "DBDriver sqlite3\nDBDParams $dir/none/chat.db\nChatEngine On", qr{no directory $dir/none; to create it: install -d -m 750 -o \S+ $dir/none}],
    ['a directory',          "DBDriver sqlite3\nDBDParams $dir\nChatEngine On", qr{CHAT0106.*$dir is not a file but a directory}],
    ['ChatAPI, no such dialect', "${site}ChatAPI irc /irc",              qr/ChatAPI irc: must be one of .*button/],
    ['ChatAPI, no prefix',   "${site}ChatAPI button",                    qr/ChatAPI button: a prefix must follow/],
    ['ChatAPI, no slash',    "${site}ChatAPI button api",                qr/ChatAPI button api: .*slash/],
    ['ChatAPI, dots',        "${site}ChatAPI button /a/../b",            qr{ChatAPI button /a/\.\./b}],
    ['ChatAPI, a prefix in a directory', "$site<Directory $dir>\nChatAPI button /x\n</Directory>", qr/ChatAPI button \/x: a prefix may stand only/],
    ['ChatAPI in a pattern', "$site<Directory ~ x>\nChatAPI button\n</Directory>", qr/ChatAPI button: .*plain path/],
    ['ChatAPI in a location', "$site<Location /x>\nChatAPI button\n</Location>", qr/ChatAPI/],
    ['ChatSecretFile, readable by others', "${site}ChatSecretFile $0",   qr/ChatSecretFile/],
    ['ChatSecretFile',       "${site}ChatSecretFile $dir/no/secret",     qr{ChatSecretFile|no/secret}],
    ['ChatAllowOrigin, a star', "${site}ChatAllowOrigin *",              qr/ChatAllowOrigin \*: must be/],
    ['ChatAllowOrigin, a path', "${site}ChatAllowOrigin https://a.example/x", qr/ChatAllowOrigin .*without path/],
    ['ChatRoomCreation',     "${site}ChatRoomCreation maybe",            qr/ChatRoomCreation maybe: must be On or Off/],
    ['ChatAdmin',            "${site}ChatAdmin rank2",                  qr/ChatAdmin rank2: must be On or Off/],
    ['ChatAdmin in a directory', "$site<Directory $dir>\nChatAdmin On\n</Directory>", qr/ChatAdmin not allowed in <Directory>/],
    ['ChatRetention',        "${site}ChatRetention soon",                qr/ChatRetention soon: must be/],
    ['ChatRetention, years of it', "${site}ChatRetention 99999d",       qr/ChatRetention 99999d: must be/],
    ['ChatRetention, days and more', "${site}ChatRetention 30days",      qr/ChatRetention 30days: must be/],
    ['ChatRetention, too short', "${site}ChatRetention 1",               qr/ChatRetention 1: must be/],
    ['ChatRoom, zero',       "${site}ChatRoom 0",                        qr/ChatRoom 0: must be a whole number/],
    ['ChatRoom, a word',     "${site}ChatRoom lobby",                    qr/ChatRoom lobby: must be a whole number/],
    ['ChatRateLimit, no such dialect', "${site}ChatRateLimit irc 5/60",  qr/ChatRateLimit irc: must be one of/],
    ['ChatRateLimit, no such kind', "${site}ChatRateLimit button:kicks 5/60", qr/ChatRateLimit button:kicks: must be/],
    ['ChatRateLimit, a word', "${site}ChatRateLimit button many",        qr/ChatRateLimit button many: must be/],
    ['ChatRateLimit, zero',  "${site}ChatRateLimit button 0/60",         qr/ChatRateLimit button 0\/60: must be/],
    ['ChatMaxMessage',       "${site}ChatMaxMessage 64k",                qr/ChatMaxMessage 64k: must be a whole number/],
    ['ChatRegistration',     "${site}ChatRegistration some",             qr/ChatRegistration some: must be open, invite or closed/],
    ['ChatSessionLifetime',  "${site}ChatSessionLifetime 5",             qr/ChatSessionLifetime 5: must be/],
    ['ChatDiscordWebhook, not https', "${site}ChatDiscordWebhook http://discord.com/api/webhooks/1/s3cr3t", qr/ChatDiscordWebhook: must be/],
    ['ChatDiscordWebhook, another scheme', "${site}ChatDiscordWebhook ftp://s3cr3t", qr/ChatDiscordWebhook: must be/],
    ['ChatDiscordWebhook, with a user', "${site}ChatDiscordWebhook https://a:s3cr3t\@discord.com/x", qr/ChatDiscordWebhook: must be/],
    ['ChatDiscordWebhook, no file', "${site}ChatDiscordWebhook file:$dir/none", qr{ChatDiscordWebhook: the file .*/none: No such file}],
    ['ChatDiscordWebhook, readable by others', "${site}ChatDiscordWebhook file:$open", qr/ChatDiscordWebhook: the file .*mode 0600/],
    ['ChatDiscordWebhook, no URL in it', "${site}ChatDiscordWebhook file:$discord{nonsense}", qr/must hold the webhook's https URL/],
    ['ChatDiscordWebhook, channel without bot', "${site}ChatDiscordWebhook channel:123", qr/needs ChatDiscordBotTokenFile/],
    ['ChatDiscordWebhook, no channel', "${site}ChatDiscordWebhook channel:general", qr/ChatDiscordWebhook: must be/],
    ['ChatDiscordBotTokenFile, no file', "${site}ChatDiscordBotTokenFile $dir/none", qr{ChatDiscordBotTokenFile: the file .*/none: No such file}],
    ['ChatDiscordBotTokenFile, readable by others', "${site}ChatDiscordBotTokenFile $open", qr/ChatDiscordBotTokenFile: the file .*mode 0600/],
    ['ChatDiscordBotTokenFile, two lines', "${site}ChatDiscordBotTokenFile $discord{lines}", qr/must have one line/],
    ['ChatDiscordBotTokenFile, empty', "${site}ChatDiscordBotTokenFile $discord{empty}", qr/must have one line/],
    ['Discord without daemon', "${site}ChatDaemon off\nChatDiscordBotTokenFile $discord{nonsense}", qr/chatd delivers them, and ChatDaemon is off/],
    ['one database in two spellings', "$site<VirtualHost *:9>\nDBDriver sqlite3\nDBDParams $dir/../" . basename($dir) . "//chat.db\nChatEngine On\n</VirtualHost>",
        qr/is the same database as .*write both the same way/],
    ['events over an API',   "${site}ChatRealtime auto /api/v3/",        qr{ChatRealtime /api/v3/ and ChatAPI \w+ /api/v3 collide}],
    ['an API over events',   "${site}ChatAPI button /socket.io",         qr{ChatRealtime /socket\.io/ and ChatAPI button /socket\.io collide}],
    ['two hosts that differ', "${site}ChatDiscordBotTokenFile $discord{nonsense}\n<VirtualHost *:9>\n${site}ChatDiscordBotTokenFile off\n</VirtualHost>",
        qr/another host has the same database with other values/],
    ['ChatDiscordAPI', "${site}ChatDiscordAPI http://discord.com/api", qr{ChatDiscordAPI http://discord.com/api: must be an https URL}],
    ['ChatDiscordAPI, a query', "${site}ChatDiscordAPI https://discord.com/api?x=1", qr/must be an https URL/],
    ['ChatDiscordAPI, loopback only by name', "${site}ChatDiscordAPI http://localhost.example.org/api", qr/must be an https URL/],
    ['ChatDiscordInteractions', "${site}ChatDiscordInteractions abc", qr/ChatDiscordInteractions abc: must be .* 64 hexadecimal digits/],
    ['ChatDiscordInteractions, other digits', "${site}ChatDiscordInteractions " . 'g' x 64, qr/64 hexadecimal digits/],
    ['ChatDiscordWebhook in a directory', "$site<Directory $dir>\nChatDiscordWebhook off\n</Directory>", qr/ChatDiscordWebhook not allowed in <Directory>/],
    ['.htaccess only tightens: the room is the owner\'s', "$site<Directory $dir>\nAllowOverride FileInfo\n</Directory>\n"
        . "<VirtualHost *>\nChatRoom x\n</VirtualHost>",                 qr/ChatRoom x/],
);
for (@mistakes) {
    my ($what, $snippet, $pattern) = @$_;
    my ($code, $said) = configtest($snippet);
    isnt($code, 0, "$what: refused") or diag($said);
    like($said, $pattern, "$what: named");
    unlike($said, qr/s3cr3t/, "$what: no secret repeated");
    unlike($said, qr/Segmentation|AddressSanitizer/, "$what: in good order");
}

# What the virtual hosts inherit is said once.
{
    my $hosts = join '', map "<VirtualHost *:9>\nServerName $_\n</VirtualHost>\n", qw(a b);
    my ($code, $said) = configtest("${site}DBDMin 5\nDBDMax 2\n$hosts");
    isnt($code, 0, 'an inherited mistake: refused');
    is(() = $said =~ /CHAT0118/g, 1, 'an inherited mistake: named once') or diag($said);
}

# What is right is accepted, and nothing is made by asking.
my @right = (
    ['the five lines',  $site],
    ['Discord by URL',  "${site}ChatDiscordWebhook https://discord.com/api/webhooks/1/s3cr3t"],
    ['Discord by files', "${site}ChatDiscordWebhook file:$discord{url}\nChatDiscordBotTokenFile $discord{nonsense}\n"
        . "ChatDiscordAPI http://127.0.0.1:8080/api/\nChatDiscordInteractions " . 'aB' x 32],
    ['Discord by bot',  "${site}ChatDiscordWebhook channel:200000000000000001\nChatDiscordBotTokenFile $discord{nonsense}"],
    ['everything',      "${site}ChatAPI button /api/v3\nChatAPI button /chat/\nChatAllowOrigin https://a.example http://localhost:3000\n"
        . "ChatRoomCreation Off\nChatAdmin On\nChatRetention 30d\nChatRoom 1\nChatRateLimit button 5/60\nChatRateLimit button:logins off\n"
        . "ChatMaxMessage 1000\nChatRegistration invite\nChatSessionLifetime 90mi\nChatSecretFile ${\ stage() }/secret.$$\n"],
    ['switched off',    "ChatEngine Off"],
    ['not asked for',   ''],
    ['two hosts',       "$site<VirtualHost *:9>\nServerName a\nDBDriver sqlite3\nDBDParams $dir/other.db\nChatEngine On\n</VirtualHost>"],
    ['a directory',     "$site<Directory $dir>\nSetHandler chat\nChatAPI button\nChatMaxMessage 5\n</Directory>"],
    ['a location',      "$site<Location /api/v3>\nChatMaxMessage 5\nChatRateLimit button off\nChatRoom 1\n</Location>"],
);
for (@right) {
    my ($what, $snippet) = @$_;
    my ($code, $said) = configtest($snippet);
    is($code, 0, "$what: accepted") or diag($said);
    like($said, qr/Syntax OK/, "$what: no complaint");
}
is(join(' ', glob "$dir/*"), '', 'configtest makes no file');

# A module that is needed is missing.
my ($code, $said) = configtest("ChatEngine On", modules => [qw(mpm_event unixd log_config authz_core mime)]);
isnt($code, 0, 'without mod_dbd: refused');
like($said, qr/mod_dbd, which is not loaded: on Debian `a2enmod dbd`/, 'without mod_dbd: named');

# A chatd beside the module that cannot be run: what else there is works, and one line says so.
{
    my $alone = stage() . "/alone.$$";
    mkdir $alone;
    copy(stage() . '/bin/mod_chat.so', "$alone/mod_chat.so");
    chmod 0755, "$alone/mod_chat.so";
    spew("$alone/chatd", "#!/bin/sh\n");
    chmod 0644, "$alone/chatd";
    ($code, $said) = configtest($site, module => "$alone/mod_chat.so");
    is($code, 0, 'without chatd: accepted') or diag($said);
    like($said, qr{CHAT0160: .*/alone\.\d+/chatd: .*realtime requests get 503; install chatd, name it with `ChatDaemon auto PROGRAM`, or write `ChatDaemon off`}, 'without chatd: cause and cure');
    ($code, $said) = configtest("${site}ChatDaemon off", module => "$alone/mod_chat.so");
    unlike($said, qr/CHAT0160/, 'without chatd, and without need of it: no line');
}

done_testing;
