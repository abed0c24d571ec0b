# Turns the SQL files of this folder into a C table.
#
#   awk -v what=header|source -f sql/compile.awk sql/*.sql
#
# In a schema file (schema-ENGINE.sql) "-- step N" begins a migration step; each statement
# ends with a semicolon at the end of a line. In every other file "-- name: NAME [ENGINE]"
# begins one statement, which also ends with a semicolon; without ENGINE it serves both, and
# what stands behind "pgsql only" never runs on SQLite.
# "-- kept: NAME" begins one whose row may be kept in memory (src/store/kept.h); behind "texts"
# it is a message's.
# "-- part: NAME" begins a piece (columns of a table) that {NAME} in a later statement stands
# for. Parameters are written as apr_dbd wants them (%lld number, %s text, %% percent sign);
# SQLite gets a question mark for each. Other comments and line breaks are dropped.
# tables.sql says what the tables of the schema are; its statements are made from that.

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

# What stands for a statement that SQLite never runs: it is prepared, with as many parameters.
function idle(text,    n, list) {
    for (n = gsub(/%lld|%s/, "", text); n > 0; n--) list = list (list ? ", " : "") "%lld"
    return sqlite_text("SELECT " list)
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
        if (only) sqlite[name] = idle(text)
        name = ""
    }
    text = ""
}

# The pieces of TEXT between commas that are in no bracket, up to the bracket that closes it.
function pieces(text, out,    i, c, depth, n) {
    n = 1; out[1] = ""
    for (i = 1; i <= length(text); i++) {
        c = substr(text, i, 1)
        if (c == "(") depth++
        if (c == ")" && --depth < 0) break
        if (c == "," && !depth) { out[++n] = ""; continue }
        out[n] = out[n] c
    }
    return n
}

function add_column(table, text,    w, name) {
    split(text, w, " ")
    name = w[1]
    columns[table, ++width[table]] = name
    place[table, name] = width[table]
    type[table, name] = w[2] == "TEXT" ? "s" : "i"
    if (text ~ /PRIMARY KEY/) key[table, name] = 1
    needed[table, name] = text ~ /NOT NULL|PRIMARY KEY/; bound[table, name] = text ~ /REFERENCES/
    if (text ~ /REFERENCES message /) posted[table]
}

function read_schema(text,    w, p, i, j, n, m, k) {
    split(text, w, /[ (]+/)
    if (w[1] == "ALTER") { sub(/^.* ADD COLUMN /, "", text); add_column(w[3], text) }
    if (w[1] != "CREATE" || w[2] != "TABLE" || w[3] == "schema_version") return
    if (!(w[3] in by)) { print "tables.sql has no table " w[3] > "/dev/stderr"; exit 1 }
    n = pieces(substr(text, index(text, "(") + 1), p)
    for (i = 1; i <= n; i++) {
        gsub(/^ +/, "", p[i])
        if (p[i] ~ /^PRIMARY KEY/) {
            m = split(p[i], k, /[ (),]+/)
            for (j = 3; j <= m; j++) if (k[j] != "") key[w[3], k[j]] = j - 2
        } else if (p[i] !~ /^UNIQUE/) add_column(w[3], p[i])
    }
}

function declare(table, word,    internal, rule, owned, to, i) {
    internal = sub(/-$/, "", word)
    if ((i = index(word, "~"))) { rule = substr(word, i + 1); word = substr(word, 1, i - 1) }
    owned = sub(/!$/, "", word)
    if ((i = index(word, "="))) { to = substr(word, i + 1); word = substr(word, 1, i - 1) }
    declared[table, word] = internal ? "-" : "+"
    rule_of[table, word] = rule; refers[table, word] = to; owns[table, word] = owned
}

function statement(name, text, for_sqlite) {
    names[++total] = name
    pgsql[name] = text
    if (for_sqlite == "") { for_sqlite = text; gsub(/ COLLATE "C"/, "", for_sqlite) }
    sqlite[name] = sqlite_text(for_sqlite)
}

# Whose rows: %lld is the chatroom. A plus keeps both engines on the key's index, in whose order
# they read.
function scope(table,    c, to, plus) {
    c = by[table]; to = refers[table, c]
    if (to == "account" && c != "id") return "+" c " IN (SELECT id FROM account WHERE room_id = %lld)"
    if (to != "message") return c " = %lld"
    plus = key[table, c] == 1 ? "" : "+"
    return "+" c " >= CAST(%lld AS BIGINT) * 1099511627776 AND " plus c \
        " < (CAST(%lld AS BIGINT) + 1) * 1099511627776"
}

function size_of(table, before, after,    i, c, numbers, text) {
    for (i = 1; i <= width[table]; i++) {
        c = columns[table, i]
        if (type[table, c] == "i") numbers += 8
        else text = text " + COALESCE(" before c after ", 0)"
    }
    c = scope(table); sub(/^\+/, "", c); sub(/ AND \+/, " AND ", c)
    return "SELECT count(*), COALESCE(SUM(" numbers + 0 text "), 0) FROM " table " WHERE " c
}

# Whether the engine gives the rows of TABLE their ids.
function counted(table) { return refers[table, "id"] == table && table != "message" }

function parameter(table, c) { return type[table, c] == "s" ? "%s" : "%lld" }

function derive(table,    i, j, c, list, values, order, above, first, where) {
    for (i = 1; i <= width[table]; i++) {
        c = columns[table, i]
        list = list (i > 1 ? ", " : "") c
        values = values (i > 1 ? ", " : "") parameter(table, c)
        if (exported[table] && !((table, c) in declared)) {
            print "tables.sql does not have " table "." c > "/dev/stderr"; exit 1
        }
        if (owns[table, c])
            statement("row_drop_" table "_" c, "DELETE FROM " table " WHERE " c " = %lld")
    }
    for (j = 1; j <= width[table]; j++)
        for (i = 1; i <= width[table]; i++) {
            c = columns[table, i]
            if (key[table, c] != j) continue
            keys[table] = j
            above = above (j > 1 ? ", " : "") parameter(table, c)
            c = c (type[table, c] == "s" ? " COLLATE \"C\"" : "")
            order = order (j > 1 ? ", " : "") c
            if (j == 1) first = c " >= " above
        }
    where = " FROM " table " WHERE " first " AND (" order ") > (" above ")"
    order = " ORDER BY " order " LIMIT %lld"
    statement("rows_" table, "SELECT " list where order)
    statement("row_put_" table, "INSERT INTO " table " (" list ") VALUES (" values ")")
    if (counted(table)) {
        statement("row_next_" table, "SELECT nextval(pg_get_serial_sequence('" table "', 'id'))",
            "SELECT COALESCE(MAX(id), 0) + 1 FROM " table)
        statement("rows_renumber_" table, "SELECT setval(pg_get_serial_sequence('" table \
            "', 'id'), (SELECT COALESCE(MAX(id), 0) + 1 FROM " table "), false)", "SELECT 0")
    }
    if (by[table] == "-") return
    statement("rows_of_" table, "SELECT " list where " AND " scope(table) order)
    statement("rows_size_" table, size_of(table, "octet_length(", ")"),
        size_of(table, "length(CAST(", " AS BLOB))"))
}

function print_table(table,    i, c, r) {
    print "    {"
    print "        .name = \"" table "\", .all = CHAT_SQL_rows_" table ", .put = CHAT_SQL_row_put_" table ","
    print "        .exported = " exported[table] + 0 ", .n = " width[table] ", .keys = " keys[table] ","
    if (by[table] != "-") {
        print "        .of = CHAT_SQL_rows_of_" table ", .size = CHAT_SQL_rows_size_" table ","
        print "        .scoped = " gsub(/%lld/, "", where_of[table]) ","
    }
    if (counted(table)) {
        print "        .counted = 1, .next = CHAT_SQL_row_next_" table ","
        print "        .renumber = CHAT_SQL_rows_renumber_" table ","
    }
    print "        .column = {"
    for (i = 1; i <= width[table]; i++) {
        c = columns[table, i]
        r = refers[table, c]
        print "            {.name = \"" c "\", .text = " (type[table, c] == "s") ", .needed = " needed[table, c] ", .bound = " bound[table, c] \
            ", .key = " key[table, c] + 0 ", .exported = " (declared[table, c] == "+") ", .rule = \"" rule_of[table, c] "\"" \
            (r == "" ? "" : ", .refers = 1 + CHAT_TABLE_" r) \
            (owns[table, c] ? ", .drop = CHAT_SQL_row_drop_" table "_" c ", .owned = 1" : "") "},"
    }
    print "        }},"
}

FNR == 1 {
    schema = ""; table = ""
    if (match(FILENAME, /schema-[a-z]+\.sql$/))
        schema = substr(FILENAME, RSTART + 7, RLENGTH - 11)
}
/^-- step [0-9]+/ { if (schema == "") fail("a step outside a schema file"); step = $3; next }
/^-- table: / { table = $3; tables[++ntables] = table; by[table] = $5; exported[table] = $6 == "exported"; next }
table != "" && /^-- / { for (i = 2; i <= NF; i++) declare(table, $i); next }
/^-- part: / { if (text != "") fail("no semicolon before this"); piece = $3; next }
/^-- (name|kept): / {
    if (text != "") fail("the statement before this has no semicolon")
    name = $3; engine = $4; only = $5 == "only"
    if ($2 == "kept:") kept[name] = engine == "texts" ? 2 : 1
    if (name in kept) engine = ""
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

function note_read(s, tables,    w, i, n) {
    n = split(s, w, /[ (),]+/)
    for (i = 2; i <= n; i++)
        if (w[i - 1] == "FROM" || w[i - 1] == "JOIN") tables[w[i]] = 1
}

function writes(s, tables,    w, i, n, found) {
    n = split(s, w, /[ (),]+/)
    for (i = 2; i <= n; i++)
        if ((w[i - 1] == "INTO" || w[i - 1] == "UPDATE" || w[i - 2] == "DELETE") && w[i] in tables) found = 1
    return found + 0
}

function names_one(s, tables,    w, i, n, found) {
    n = split(s, w, /[ (),]+/)
    for (i = 1; i <= n; i++) if (w[i] in tables) found = 1
    return found + 0
}

END {
    if (failed) exit 1
    for (i = 1; i <= count["sqlite"]; i++) read_schema(step_text["sqlite", i])
    for (i = 1; i <= ntables; i++) {
        derive(tables[i])
        if (by[tables[i]] != "-") where_of[tables[i]] = scope(tables[i])
    }
    for (n in kept) {
        if (kept[n] == 1) note_read(sqlite[n], rights)
        else note_read(sqlite[n], texts)
        if ((i = pieces(sqlite[n], w)) > kept_columns) kept_columns = i
    }
    posted["message"]; posted["event"]
    if (text != "") fail("no semicolon at the end")
    print "/* Made from sql by sql/compile.awk. */"
    if (what == "header") {
        print "#ifndef CHAT_SQL_TABLE_H\n#define CHAT_SQL_TABLE_H\n"
        print "typedef enum chat_sql_id_t {"
        for (i = 1; i <= total; i++) print "    CHAT_SQL_" names[i] ","
        print "    CHAT_SQL_COUNT\n} chat_sql_id_t;\n"
        print "typedef struct chat_sql_t {\n    const char *name, *sqlite, *pgsql;\n" \
            "    int kept;         /* see src/store/kept.h; 2: of messages */\n" \
            "    int changes_kept; /* writes a table that a kept one reads */\n" \
            "    int changes_texts; /* the same for one of messages, but not as a send does */\n" \
            "    int waits;        /* writes or locks rows, others than the counter of a chatroom */\n" \
            "    int sees_posts;   /* names a table of store/post.h, or one that refers to it */\n} chat_sql_t;\n"
        print "/* One statement of migration step STEP; the last has step 0. */"
        print "typedef struct chat_sql_step_t {\n    int step;\n    const char *text;\n} chat_sql_step_t;\n"
        print "typedef enum chat_table_id_t {"
        for (i = 1; i <= ntables; i++) print "    CHAT_TABLE_" tables[i] ","
        print "    CHAT_TABLES\n} chat_table_id_t;\n"
        for (i = 1; i <= ntables; i++) if (width[tables[i]] > widest) widest = width[tables[i]]
        print "#define CHAT_TABLE_COLUMNS " widest
        print "/* No kept row has more. */\n#define CHAT_SQL_KEPT_COLUMNS " kept_columns "\n"
        print "/* See sql/tables.sql. */\ntypedef struct chat_table_column_t {\n    const char *name, *rule;\n" \
            "    int text, needed;   /* TEXT, NOT NULL */\n    int bound;          /* REFERENCES: that row has to be there */\n    int key;            /* its place in the primary key, from 1 */\n" \
            "    int exported, refers; /* refers: 1 + a chat_table_id_t */\n    int owned;          /* the row goes with that account */\n" \
            "    chat_sql_id_t drop; /* deletes those of one account */\n} chat_table_column_t;\n"
        print "typedef struct chat_table_t {\n    const char *name;\n    chat_sql_id_t all, put, of, size, next, renumber;\n" \
            "    int counted; /* the engine gives its rows their ids */\n    int exported, n, keys;\n    int scoped; /* how often `of` and `size` want the chatroom; 0: the site's */\n" \
            "    chat_table_column_t column[CHAT_TABLE_COLUMNS];\n} chat_table_t;\n"
        print "extern const chat_table_t chat_tables[CHAT_TABLES];"
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
            (n in kept ? kept[n] : 0) ", " writes(sqlite[n], rights) ", " (n != "message_insert" && writes(sqlite[n], texts)) ", " \
            (n != "room_take" && (pgsql[n] !~ /^SELECT/ || pgsql[n] ~ / FOR (NO KEY )?(UPDATE|SHARE)/)) ", " names_one(pgsql[n], posted) "},"
    }
    print "};\n\nconst chat_table_t chat_tables[CHAT_TABLES] = {"
    for (i = 1; i <= ntables; i++) print_table(tables[i])
    print "};"
    split("sqlite pgsql", engines, " ")
    for (e = 1; e <= 2; e++) {
        print "\nconst chat_sql_step_t chat_sql_schema_" engines[e] "[] = {"
        for (i = 1; i <= count[engines[e]]; i++)
            print "    {" step_of[engines[e], i] ", " quoted(step_text[engines[e], i]) "},"
        print "    {0, 0},\n};"
    }
}
