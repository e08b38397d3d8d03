#!/bin/sh
# library.sh NAME: prints the flags to link with a library, or ends with status 1 if it is not there.
#
# A file proves nothing: several packages bring a cblas.h. A library is there when a program that
# uses its own symbols links.
name=$1
case $name in
c) flags='' header=stdlib.h call='abs(0)' ;;
check) flags=$(pkg-config --cflags --libs check 2>/dev/null) header=check.h call='suite_create("")' ;;
openblas) flags=-lopenblas header=cblas.h call='openblas_get_num_threads()' ;;
dnnl) flags=-ldnnl header=dnnl.h call='dnnl_version()' ;;
openmp) flags=-fopenmp header=omp.h call='omp_get_max_threads()' ;;
*)
	echo "library.sh: unknown library $name" >&2
	exit 2
	;;
esac

mkdir -p "${BUILD:-build}" || exit
probe=${BUILD:-build}/probe-$name.$$
trap 'rm -f "$probe"' EXIT
printf '#include <%s>\nint main(void) { return (int)(long)(%s); }\n' "$header" "$call" |
	${CC:-cc} -w -x c - -o "$probe" $flags 2>/dev/null || exit 1
echo "$flags"
