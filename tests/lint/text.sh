#!/bin/sh
# Rules of the project that a search of the text can check. Run from the top of the repository.

failed=0

# refuse WHY PATTERN FILE...: prints the lines of the files that match, as file:line:text.
refuse() {
    why=$1 pattern=$2
    shift 2
    if grep -nE -e "$pattern" /dev/null "$@"; then
        echo "lint: $why" >&2
        failed=1
    fi
}

# demand FILE: complains when there is none.
demand() {
    [ -e "$1" ] && return
    echo "lint: $1 is missing" >&2
    failed=1
}

code=$(find common chapters docs tests -name '*.[ch]')
library=$(find common chapters docs -name '*.[ch]' ! -name demo.c)
all="$code $(find ./*.md chapters docs tests -name '*.md' -o -name '*.py' -o -name '*.sh' -o -name '*.js' -o -name '*.css')"

# The brackets keep these patterns from finding themselves.
refuse 'nothing is left to do later' 'TO[D]O|FIX[M]E' $all Makefile .ci/run
refuse 'fast math makes isnan lie' 'f[f]ast-math|-O[f]ast|unsafe[-]math' $code Makefile .ci/run
refuse 'headers are found by the include path, which ends at the own floor' \
    '^ *# *include *"[^"]*/' $code
refuse 'a line left out of the coverage needs a reason: GCOVR_EXCL_LINE: ...' \
    'G?L?COVR?_EXCL_(BR_)?LINE($|[^:]|: *($|\*/))|COVR?_EXCL_(BR_)?(START|STOP)' $code
refuse 'a silenced check needs its name and a reason: NOLINT(name): ...' \
    'NOLINT(NEXTLINE)?($|[^(N]|\([^)]*\)($|[^:]))|NOLINTBEGIN' $code
refuse 'a silenced check needs a reason: cppcheck-suppress name ; ...' \
    'cppcheck-suppress +[a-zA-Z]+ *($|[^ ;]|\*/)' $code
refuse 'library code neither asserts nor exits' '(^|[^a-z_])(assert|abort|exit) ?\([^)]' $library
refuse 'memory comes from common/numbers/memory.h' '(^|[^a-z_])([mc]alloc|realloc|strn?dup) ?\([^)]' \
    $(find common chapters docs -name '*.[ch]' ! -path common/numbers/memory.c)

for chapter in chapters/[0-9][0-9]_*; do
    [ -d "$chapter" ] || continue
    name=${chapter#chapters/}
    for file in README.md demo/demo.c "${name#*_}.c" "${name#*_}.h"; do
        demand "$chapter/$file"
    done
    for file in "$chapter"/*.[ch]; do
        case ${file##*/} in
        exercise*.c | "${name#*_}".[ch]) ;;
        *.c) # a further source of a topic that has several
            [ ! -e "${file%.c}.h" ] && grep -q "^#include \"${name#*_}.h\"" "$file" ||
                { echo "lint: $file: neither topic nor exercise, and no source behind ${name#*_}.h" >&2; failed=1; } ;;
        *) echo "lint: $file: beside the lesson stand its topic and its exercise alone" >&2; failed=1 ;;
        esac
    done
    demand tests/"${name%%_*}"_*_test.c
done

exit $failed
