# Helper of the tests: requests, whole answers compared, servers of one's own.
#
# What every run may have in the error log:
# expected-log: AH01882: Init: this version of mod_ssl was compiled against a newer library
# and behind each answer of 5xx, whose cause has a line of its own where that is news:
# expected-log: CHAT1130:
package ChatTest;

use strict;
use warnings;
use Digest::SHA;
use Exporter 'import';
use HTTP::Tiny;
use IO::Select;
use IO::Socket::INET;
use JSON::PP;
use POSIX ();
use Test::More;

our @EXPORT = qw(site base_url button button_raw request raw answer answer_like account token channel body_json
    $PW PW UN BAD_LOGIN BAD_TOKEN serve stop_server chatctl chatctl_is configtest unexpected_lines canonical slurp spew
    stage new_name httpd stop_httpd wait_for host_file database database_conf sql);

our $PW = 'Passw0rd!';
use constant {
    PW => { message => 'Password needs to have 8-20 chars minimum one number minimum one capital letter minimum '
            . 'one special symbol no empty symbols!' },
    UN        => { message => 'Username needs to be 3-20 chars long!' },
    BAD_LOGIN => { message => 'Invalid username or password!' },
    BAD_TOKEN => { message => 'Invalid token!' },
};

my $json = JSON::PP->new->utf8->canonical->allow_nonref;
my $base;      # where requests go
my $client = client();
my $names  = 0;

sub client { HTTP::Tiny->new(keep_alive => 1, timeout => 30, max_redirect => 0, verify_SSL => 0) }

sub stage     { $ENV{CHAT_STAGE} or die "run by test/t/TEST\n" }
# The line with which a server records its answers (test/description).
sub record_line {
    return '' if !$ENV{CHAT_RECORD};
    return "<IfModule !record_module>\nLoadModule record_module $ENV{CHAT_RECORD}/mod_record.so\n</IfModule>\n";
}
sub canonical { $json->encode($_[0]) }

sub slurp {
    open my $in, '<', $_[0] or die "$_[0]: $!\n";
    local $/;
    return scalar <$in>;
}

sub spew {
    my ($file, $text) = @_;
    open my $out, '>', $file or die "$file: $!\n";
    print $out $text;
    close $out or die "$file: $!\n";
    return $file;
}

# Chooses the server that requests go to: a virtual host of extra.conf.in, or a URL.
sub site {
    my ($name) = @_;
    if ($name =~ m{^http}) {
        ($base = $name) =~ s{/$}{};
    }
    else {
        require Apache::Test;
        my $port = Apache::Test::vars("${name}_port") or die "there is no virtual host $name\n";
        $base = "http://127.0.0.1:$port";
    }
    $client = client();
    return $base;
}

sub base_url { $base }

# A user name that no other test has: "u" and some letters, 9 characters.
sub new_name {
    my $n = $$ * 1000 + $names++;
    my $text = '';
    do { $text = chr(97 + $n % 26) . $text; $n = int($n / 26) } while $n;
    return substr('uaaaaaaaa', 0, 9 - length $text) . $text;
}

# One request: status, body as bytes, headers (lower-case names). Options: headers, body.
sub request {
    my ($method, $path, %o) = @_;
    my %options = (headers => $o{headers} || {});
    $options{content} = $o{body} if defined $o{body};
    my $url = $path =~ m{^https?:} ? $path : $base . $path;
    my $r = $client->request($method, $url, \%options);
    return ($r->{status}, $r->{content}, $r->{headers});
}

sub body_json {
    my ($text) = @_;
    my $value = eval { $json->decode($text) };
    return defined $value ? $value : { 'not JSON' => $text };
}

# A call of the Button API: status, decoded body, headers. DATA is a Perl value, or a
# string of bytes, sent as it is.
sub button {
    my ($path, $data, %o) = @_;
    my $body = ref $data ? $json->encode($data) : $data;
    my ($status, $text, $headers) = request(
        $o{method} || 'POST', ($o{mount} // '/api/v3') . "/$path",
        body => $body, headers => { 'Content-Type' => 'application/json', %{ $o{headers} || {} } });
    return ($status, body_json($text), $headers);
}

# The whole answer: status, and the body with exactly these keys, values and types.
sub answer {
    my ($got, $status, $body, $name) = @_;
    my ($s, $b) = @$got;
    my $text = "$s " . canonical($b);
    return is($text, "$status " . canonical($body), $name);
}

# The same for answers whose text no document fixes: status, and exactly the key `message`
# with some text.
sub answer_like {
    my ($got, $status, $name) = @_;
    my ($s, $b) = @$got;
    my $ok = $s == $status && ref $b eq 'HASH' && join(',', keys %$b) eq 'message'
        && !ref $b->{message} && $b->{message} =~ /\S/ && $b->{message} !~ /</;
    return ok($ok, $name) || diag("got $s " . canonical($b) . ", expected $status and a message");
}

# Makes an account with a token: (name, token).
sub account {
    my ($name) = @_;
    $name //= new_name();
    my @r = button('register/', { username => $name, password => $PW });
    die "register $name: $r[0] " . canonical($r[1]) . "\n" if $r[0] != 201;
    return ($name, token($name));
}

sub token {
    my ($name) = @_;
    my @r = button('generatetoken/', { username => $name, password => $PW });
    die "token of $name: $r[0] " . canonical($r[1]) . "\n" if $r[0] != 200;
    return $r[1]{token};
}

# Makes a channel by the account of TOKEN: (name, id).
sub channel {
    my ($token, $name) = @_;
    $name //= new_name();
    my @r = button('makechannel/', { token => $token, name => $name });
    die "channel $name: $r[0] " . canonical($r[1]) . "\n" if $r[0] != 200;
    return ($name, $r[1]{channel_id});
}

# Bytes as they are to the server; everything that comes back within SECONDS, until it closes.
sub raw {
    my ($bytes, $seconds) = @_;
    my ($host) = $base =~ m{//(.+)};
    my $socket = IO::Socket::INET->new(PeerAddr => $host, Timeout => 10) or die "connect: $!\n";
    my $until  = time + ($seconds || 60);
    my $answer = '';
    local $SIG{PIPE} = 'IGNORE';
    print $socket $bytes;
    $socket->flush;
    my $select = IO::Select->new($socket);
    while (time < $until && $select->can_read($until - time)) {
        sysread($socket, $answer, 65536, length $answer) or last;
    }
    return $answer;
}

# An answer of raw(): status, decoded body.
sub button_raw {
    my ($answer) = @_;
    my ($head, $body) = split /\r\n\r\n/, $answer, 2;
    my ($status) = ($head // '') =~ m{^HTTP/1\.[01] (\d+)};
    return ($status || 0, body_json($body // ''));
}

# --- servers of one's own -------------------------------------------------------------------

# The SQLite file of a virtual host of extra.conf.in.
sub host_file { require Apache::Test; return Apache::Test::vars('t_dir') . "/$_[0].db" }

# The database that FILE names, as --database has it: that file, or one of PostgreSQL in its place.
sub database {
    my ($file) = @_;
    return "sqlite3:$file" if ($ENV{CHAT_ENGINE} // '') ne 'pgsql';
    chomp(my $params = qx($ENV{CHAT_TEST_PG_CTL} place "$file"));
    return "pgsql:$params";
}

# The lines that name it in a configuration; the secret stands beside FILE.
sub database_conf {
    my ($file) = @_;
    my ($driver, $params) = split /:/, database($file), 2;
    return "DBDriver sqlite3\nDBDParams $params\n" if $driver eq 'sqlite3';
    chmod 0600, spew("$file.secret", Digest::SHA::sha256_hex($file) . "\n") if !-e "$file.secret";
    return "DBDriver pgsql\nDBDParams \"$params\"\nChatSecretFile $file.secret\n";
}

# What the SQL statement answers: a line for each row.
sub sql {
    my ($file, $statement) = @_;
    my ($driver, $params) = split /:/, database($file), 2;
    open my $out, '-|', $driver eq 'pgsql' ? ('psql', '-qAt', $params, '-c') : ('sqlite3', '-cmd', '.timeout 60000', $params), $statement or die "sql: $!\n";
    my $text = do { local $/; <$out> };
    close $out or die "sql: $statement\n";
    return $text // '';
}

# Starts `chatctl serve` with OPTIONS: a hash with state, url, tls, pid, log. Dies when it does
# not get ready.
sub serve {
    my (%o) = @_;
    my $state = $o{state} || stage() . '/state' . ++$names . $$;
    my @args  = ('serve', '--state', $state, '--port', 0);
    my %conf  = (record => record_line(), conf => $o{conf});
    for my $kind (grep { $conf{$_} } sort keys %conf) {
        my $file = "$state.$kind";
        spew($file, $conf{$kind});
        push @args, '--conf', $file;
    }
    push @args, '--database', database("$state/data/chat.db") if ($ENV{CHAT_ENGINE} // '') eq 'pgsql' && !grep { /^--database/ } @{ $o{args} };
    push @args, @{ $o{args} || [] };
    pipe my $reader, my $writer or die "pipe: $!\n";
    my $pid = fork // die "fork: $!\n";
    if (!$pid) {
        close $reader;
        open STDOUT, '>&', $writer;
        open STDERR, '>&', $writer;
        { exec stage() . '/bin/chatctl', @args }
        POSIX::_exit(127);
    }
    close $writer;
    my $server = { state => $state, pid => $pid, log => "$state/logs/error.log", out => $reader, said => '' };
    my $lines  = (grep { $_ eq '--tls-port' } @args) ? 2 : 1;
    while ($lines) {
        my $line = <$reader>;
        if (!defined $line) {
            waitpid $pid, 0;
            die "chatctl serve: $server->{said}(" . ($? >> 8) . ")\n";
        }
        $server->{said} .= $line;
        if ($line =~ m{^ready (http)(s?)(://.+)/$}) {
            $server->{ $2 ? 'tls' : 'url' } = "$1$2$3";
            $lines--;
        }
    }
    return $server;
}

# Asks CODE until it gives a true value, which is returned; gives up after SECONDS.
sub wait_for {
    my ($code, $seconds) = @_;
    my $until = time + ($seconds || 60);
    my $value;
    until (($value = $code->()) || time > $until) { select undef, undef, undef, 0.05 }
    return $value;
}

# Starts an ordinary httpd in the foreground, with the chat module and CONF, in which @PORT@ is a second free port, in the
# folder DIR: a hash with dir, url, port (the second one), pid, log. Dies when it does not start.
sub httpd {
    my ($dir, $conf) = @_;
    my $user = '';
    mkdir $dir or die "$dir: $!\n" if !-d $dir;
    if ($> == 0) {
        my ($name) = grep { defined getpwnam $_ } qw(www-data apache nobody);
        $user = "User $name\nGroup #" . (getpwnam $name)[3];
        chown +(getpwnam $name)[2, 3], $dir;
    }
    my $load = join '', map { -e "$ENV{CHAT_MODULES}/mod_$_.so" ? "LoadModule ${_}_module $ENV{CHAT_MODULES}/mod_$_.so\n" : '' }
        qw(mpm_event watchdog unixd authz_core mime dbd);
    # a free port may be somebody else's before httpd has it
    for my $try (1 .. 5) {
        my ($port, $second) = map { $_->sockport } map { IO::Socket::INET->new(Listen => 1, LocalAddr => '127.0.0.1', LocalPort => 0) } 1, 2;
        spew("$dir/httpd.conf", <<"END");
ServerRoot $dir
ServerName localhost
DefaultRuntimeDir $dir
PidFile $dir/httpd.pid
ErrorLog $dir/error.log
${load}TypesConfig /dev/null
Listen 127.0.0.1:$port
$user
LoadModule chat_module ${\ stage() }/bin/mod_chat.so
${\ record_line() }${\ database_conf("$dir/chat.db") }ChatEngine On
${\ ($conf =~ s/\@PORT\@/$second/gr) }
END
        my $pid = fork // die "fork: $!\n";
        if (!$pid) {
            { exec $ENV{CHAT_HTTPD}, '-f', "$dir/httpd.conf", '-DFOREGROUND' }
            POSIX::_exit(127);
        }
        my $ended;
        wait_for(sub { ($ended = waitpid($pid, POSIX::WNOHANG()) == $pid)
            || (-e "$dir/httpd.pid" && IO::Socket::INET->new(PeerAddr => "127.0.0.1:$port")) });
        return { dir => $dir, url => "http://127.0.0.1:$port", port => $second, pid => $pid, log => "$dir/error.log" } if !$ended;
    }
    die "httpd does not start\n";
}

# Stops it. Lines of its log that neither EXPECTED nor a whole run's patterns explain fail the test.
sub stop_httpd {
    my ($server, $expected) = @_;
    kill 'TERM', $server->{pid};
    waitpid $server->{pid}, 0;
    is(join('', unexpected_lines($server->{log}, $expected)), '', 'nothing unexpected in the error log');
}

# Stops it; returns its exit code. Unexpected lines of its log fail the test.
sub stop_server {
    my ($server, %o) = @_;
    kill $o{signal} || 'TERM', $server->{pid};
    waitpid $server->{pid}, 0;
    my $code = $? & 127 ? "signal " . ($? & 127) : $? >> 8;
    my @lines = unexpected_lines($server->{log}, $o{expected});
    is(join('', @lines), '', 'nothing unexpected in the error log');
    return $code;
}

# Lines of LOG at level warn and above that neither the caller's pattern nor a whole run's explains. At a hard
# stop the event MPM closes the sockets of its worker threads (signal_threads, close_worker_sockets in event.c).
# A thread that has just read its socket empty then adds a closed one to the pollset, for a lingering close
# (AH03092) or to keep it alive (AH03093), and epoll answers EBADF. With any other error these lines count.
sub unexpected_lines {
    my ($log, $expected) = @_;
    return grep {
        /^\[[^\]]*\] \[[^\]]*:(?:warn|error|crit|alert|emerg)\]|^==\d+==|runtime error:/
            && !/AH01882|CHAT1130:|\(9\)[^:]*: AH0309[23]:/ && !($expected && /$expected/)
    } split /^/, slurp($log);
}

# Runs chatctl: (exit code, standard output, standard error).
sub chatctl {
    my (@args) = @_;
    my $err = stage() . "/stderr.$$";
    my $pid = open my $out, '-|';
    die "fork: $!\n" unless defined $pid;
    if (!$pid) {
        open STDERR, '>', $err;
        open STDIN, '<', '/dev/null';
        { exec stage() . '/bin/chatctl', @args }
        POSIX::_exit(127);
    }
    my $text = do { local $/; <$out> };
    close $out;
    return ($? >> 8, $text // '', slurp($err));
}

# Runs chatctl with ARGS: its exit code, what it prints, and what it says on stderr; nothing there if no ERR is given.
sub chatctl_is {
    my ($name, $args, $code, $out, $err) = @_;
    my @r = chatctl(@$args);
    is($r[0], $code, "$name: exit code") or diag("$r[1]$r[2]");
    like($r[1], $out, "$name: output");
    like($r[2], $err // qr/\A\z/, $err ? "$name: the sentence" : "$name: nothing else");
}

# What httpd's configtest says to a configuration: (exit code, text). SNIPPET is put into a
# server that has the module and a database.
sub configtest {
    my ($snippet, %o) = @_;
    my $dir  = stage() . "/configtest.$$";
    my $load = '';
    mkdir $dir;
    for my $m ($o{modules} ? @{ $o{modules} } : qw(mpm_event watchdog unixd log_config authz_core mime dbd)) {
        my $file = "$ENV{CHAT_MODULES}/mod_$m.so";
        $load .= "LoadModule ${m}_module $file\n" if -e $file;
    }
    spew("$dir/httpd.conf", <<"END");
ServerRoot $dir
ServerName localhost
PidFile $dir/pid
ErrorLog $dir/log
TypesConfig /dev/null
Listen 127.0.0.1:9
$load
LoadModule chat_module ${\ ($o{module} // stage() . '/bin/mod_chat.so') }
$snippet
END
    my $said = qx("$ENV{CHAT_HTTPD}" -t -f "$dir/httpd.conf" 2>&1);
    return ($? >> 8, $said);
}

1;
