# lua.awk: makes a script for Redis of a source, with what fields.def and words.def say.
#
#     awk -f lua.awk fields.def words.def script.lua
#
# In the source, a line of its own
#
#     -- schema: report     becomes `names`, a table of the fields that a report may bring and the others
#                           that it reads
#     -- schema: statuses   becomes `statuses`, a table of the words of a sync's status
#     -- include: FILE      becomes that file, from the folder of the store (connector/place.inc.lua), the
#                           first time
#
# within a line a constant becomes its number,
#
#     LAST_SYNCED, DUE_AT           the place of a field in `names`
#     CLASS_FAILING                 a class of the scores in `standings`
#
# and of an expression without a comma or parenthesis,
#
#     IS_RUNNING(x), IS_ENDED(x)    whether a sync of that status runs, has ended
#     CODE_OF(x)                    the code that histories have of it
#
# Redis makes the functions of a script anew in each call, and an object for each local that several of them
# use: a number costs nothing, and a chain of comparisons with words costs less than a function.

function argument(line, at,    parts, count) {
    count = split(line, parts, /[(),][ ]*/)
    return at + 1 <= count ? parts[at + 1] : ""
}

function unquoted(text) {
    gsub(/"/, "", text)
    return text
}

function fail(why) {
    print "lua.awk: " FILENAME ":" FNR ": " why > "/dev/stderr"
    failed = 1
    exit 1
}

function is_nature(expression, nature,    i, text) {
    for (i = 1; i <= status_count; i++)
        if (nature_of[i] == nature)
            text = text (text ? " or " : "") expression " == '" word_of[i] "'"
    return "(" text ")"
}

function code_of(expression,    i, text) {
    for (i = 1; i <= status_count; i++)
        text = text expression " == '" word_of[i] "' and '" status_code[i] "' or "
    return "(" text "'-1')"
}

function with_numbers(line,    text, word) {
    while (match(line, /[A-Za-z_][A-Za-z0-9_]*/)) {
        word = substr(line, RSTART, RLENGTH)
        text = text substr(line, 1, RSTART - 1) (word in number_of ? number_of[word] : word)
        line = substr(line, RSTART + RLENGTH)
    }
    return text line
}

function expand(line,    call, expression) {
    while (match(line, /(IS_RUNNING|IS_ENDED|CODE_OF)\([^(),]+\)/)) {
        call = substr(line, RSTART, RLENGTH)
        expression = substr(call, index(call, "(") + 1, length(call) - index(call, "(") - 1)
        call = substr(call, 1, index(call, "(") - 1)
        call = call == "CODE_OF" ? code_of(expression) : is_nature(expression, substr(call, 4))
        line = substr(line, 1, RSTART - 1) call substr(line, RSTART + RLENGTH)
    }
    return with_numbers(line)
}

function report_names(    i, names) {
    for (i = 1; i <= field_count; i++)
        names = names (i > 1 ? ", " : "") "'" field[i] "'"
    print "local names = { " names " }"
}

function statuses(    i, words) {
    for (i = 1; i <= status_count; i++)
        words = words (i > 1 ? ", " : "") "'" word_of[i] "'"
    print "local statuses = { " words " }"
}

function emit(line,    file, more, status) {
    if (line ~ /^ *-- schema: report$/)
        report_names()
    else if (line ~ /^ *-- schema: statuses$/)
        statuses()
    else if (line ~ /^ *-- include: /) {
        file = folder "/" substr(line, index(line, ": ") + 2)
        if (included[file]++)
            return
        while ((status = (getline more < file)) > 0)
            emit(more)
        if (status < 0)
            fail("cannot read " file)
        close(file)
    } else if (line ~ /^ *-- (schema|include)/)
        fail("no such directive")
    else
        print expand(line)
}

FNR == 1 { files++ }
files == 1 && FNR == 1 { folder = FILENAME; sub(/\/schema\/[^\/]*$/, "", folder) }
files <= 2 && /^REPORT_FIELD\(/ { reported[++reported_count] = unquoted(argument($0, 2)) }
files <= 2 && /^CONNECTOR_READ\(/ { own[++own_count] = unquoted(argument($0, 2)) }
files <= 2 && /^SYNC_STATUS\(/ {
    word_of[++status_count] = unquoted(argument($0, 2))
    nature_of[status_count] = argument($0, 3)
    status_code[status_count] = unquoted(argument($0, 4))
}
files <= 2 && /^STATE_CLASS\(/ {
    number_of[argument($0, 1)] = sprintf("%.0f", class_count * 2 ^ 40)
    class_count++
}
files <= 2 { next }
FNR == 1 {
    if (!reported_count || !own_count || !status_count || !class_count)
        fail("fields.def and words.def come first")
    for (i = 1; i <= reported_count; i++)
        field[++field_count] = reported[i]
    for (i = 1; i <= own_count; i++)
        field[++field_count] = own[i]
    field[++field_count] = "last_seen"
    field[++field_count] = "deleted"
    for (i = 1; i <= field_count; i++) {
        word = toupper(field[i])
        sub(/^_/, "", word)
        number_of[word] = i
    }
}
{ emit($0) }
END { exit failed }
