# What Doxygen parses of a source, line for line the same: it shows the original.
# Header: a static inline function that is documented in full is as public as any other.
# Source: what only its own file knows is nobody's interface, whatever its name.
/^\/\*\*/ { documented = 0 }
/@param|@return/ { documented = 1 }
FILENAME ~ /\.h$/ && documented { sub(/^static inline/, "inline") }
FILENAME ~ /\.c$/ && /^(typedef )?(struct|union|enum)[ A-Za-z0-9_]*\{$/ { hidden = 1; $0 = "/** @cond */ " $0 }
FILENAME ~ /\.c$/ && hidden && /^}.*;/ { hidden = 0; $0 = $0 " /** @endcond */" }
# A brief does not end at "et al.".
{ gsub(/et al\.( |$)/, "et al.\\ "); print }
