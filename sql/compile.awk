# Turns the SQL files of this folder into a C table.
#
#   awk -v what=header|source -f sql/compile.awk sql/*.sql
#
# In a schema file (schema-ENGINE.sql) "-- step N" begins a migration step; each statement
# ends with a semicolon at the end of a line. In every other file "-- name: NAME [ENGINE]"
# begins one statement, which also ends with a semicolon; without ENGINE it serves both.
# "-- kept: NAME" begins one whose row may be kept in memory (src/store/kept.h).
# "-- part: NAME" begins a piece (columns of a table) that {NAME} in a later statement stands
# for. Parameters are written as apr_dbd wants them (%lld number, %s text, %% percent sign);
# SQLite gets a question mark for each. Other comments and line breaks are dropped.

function fail(text) { print FILENAME ":" FNR ": " text > "/dev/stderr"; failed = 1; exit 1 }

# Not with gsub: awks do not agree on a backslash in its second argument.
function quoted(s,    i, c, out) {
    for (i = 1; i <= length(s); i++) {
        c = substr(s, i, 1)
        out = out (c == "\\" || c == "\"" ? "\\" : "") c
    }
    return "\"" out "\""
}

function sqlite_text(s) { gsub(/%lld|%s/, "?", s); gsub(/%%/, "%", s); return s }

function expand(s,    n) {
    while (match(s, /\{[a-z_]+\}/)) {
        n = substr(s, RSTART + 1, RLENGTH - 2)
        if (!(n in part)) fail("there is no part " n)
        s = substr(s, 1, RSTART - 1) part[n] substr(s, RSTART + RLENGTH)
    }
    return s
}

function finish() {
    sub(/;$/, "", text); sub(/^ +/, "", text)
    text = expand(text)
    if (piece != "") { part[piece] = text; piece = ""; text = ""; return }
    if (schema != "") {
        n = ++count[schema]
        step_of[schema, n] = step; step_text[schema, n] = text
    } else {
        if (!(name in seen)) { seen[name] = 1; names[++total] = name }
        if (engine == "" || engine == "sqlite") sqlite[name] = sqlite_text(text)
        if (engine == "" || engine == "pgsql") pgsql[name] = text
        name = ""
    }
    text = ""
}

FNR == 1 {
    schema = ""
    if (match(FILENAME, /schema-[a-z]+\.sql$/))
        schema = substr(FILENAME, RSTART + 7, RLENGTH - 11)
}
/^-- step [0-9]+/ { if (schema == "") fail("a step outside a schema file"); step = $3; next }
/^-- part: / { if (text != "") fail("no semicolon before this"); piece = $3; next }
/^-- (name|kept): / {
    if (text != "") fail("the statement before this has no semicolon")
    name = $3; engine = $4
    if ($2 == "kept:") kept[name] = 1
    if (name !~ /^[a-z_0-9]+$/) fail("bad statement name")
    if (engine != "" && engine != "sqlite" && engine != "pgsql") fail("unknown engine")
    if (((name, engine) in defined)) fail("statement " name " stands here twice")
    defined[name, engine] = 1
    next
}
{ sub(/[ \t]*--( .*)?$/, ""); gsub(/^[ \t]+|[ \t]+$/, "") }
$0 == "" { next }
{
    if (schema == "" && name == "" && piece == "") fail("SQL outside a named statement")
    text = text " " $0
    if ($0 ~ /;$/) finish()
}

function note_read(s,    w, i, n) {
    n = split(s, w, /[ (),]+/)
    for (i = 2; i <= n; i++)
        if (w[i - 1] == "FROM" || w[i - 1] == "JOIN") read_by_kept[w[i]] = 1
}

function writes_kept(s,    w, i, n, found) {
    n = split(s, w, /[ (),]+/)
    for (i = 2; i <= n; i++)
        if ((w[i - 1] == "INTO" || w[i - 1] == "UPDATE" || w[i - 2] == "DELETE") && w[i] in read_by_kept) found = 1
    return found + 0
}

END {
    if (failed) exit 1
    for (n in kept) note_read(sqlite[n])
    if (text != "") fail("no semicolon at the end")
    print "/* Made from sql by sql/compile.awk. */"
    if (what == "header") {
        print "#ifndef CHAT_SQL_TABLE_H\n#define CHAT_SQL_TABLE_H\n"
        print "typedef enum chat_sql_id_t {"
        for (i = 1; i <= total; i++) print "    CHAT_SQL_" names[i] ","
        print "    CHAT_SQL_COUNT\n} chat_sql_id_t;\n"
        print "typedef struct chat_sql_t {\n    const char *name, *sqlite, *pgsql;\n" \
            "    int kept;         /* see src/store/kept.h */\n" \
            "    int changes_kept; /* writes a table that a kept one reads */\n} chat_sql_t;\n"
        print "/* One statement of migration step STEP; the last has step 0. */"
        print "typedef struct chat_sql_step_t {\n    int step;\n    const char *text;\n} chat_sql_step_t;\n"
        print "extern const chat_sql_t chat_sql_table[CHAT_SQL_COUNT];"
        print "extern const chat_sql_step_t chat_sql_schema_sqlite[];"
        print "extern const chat_sql_step_t chat_sql_schema_pgsql[];\n\n#endif"
        exit 0
    }
    print "#include \"sql_table.h\"\n\nconst chat_sql_t chat_sql_table[CHAT_SQL_COUNT] = {"
    for (i = 1; i <= total; i++) {
        n = names[i]
        if (!(n in sqlite) || !(n in pgsql)) { print n " lacks an engine" > "/dev/stderr"; exit 1 }
        print "    {\"" n "\",\n     " quoted(sqlite[n]) ",\n     " quoted(pgsql[n]) ",\n     " \
            (n in kept) ", " writes_kept(sqlite[n]) "},"
    }
    print "};"
    split("sqlite pgsql", engines, " ")
    for (e = 1; e <= 2; e++) {
        print "\nconst chat_sql_step_t chat_sql_schema_" engines[e] "[] = {"
        for (i = 1; i <= count[engines[e]]; i++)
            print "    {" step_of[engines[e], i] ", " quoted(step_text[engines[e], i]) "},"
        print "    {0, 0},\n};"
    }
}
