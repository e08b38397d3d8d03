#!/bin/sh
# install.sh GOAL: installs what is missing of the needs of `make GOAL`, with apt-get or brew.
#
# Does nothing, quickly and without root, when all is there. The list is in needs(), below.
goal=$1
here=$(dirname "$0")
python=${PYTHON:-python3}
wasm='clang --target=wasm32-wasi'

# What must be there, the package that brings it on Debian and Homebrew's ("-": none is needed
# there). NAME.lib is a library, NAME.py a Python module, NAME.rt a part of Clang's runtime, NAME.wasm
# one for WebAssembly; with a slash it is a file; anything else is a command.
needs() {
	case $goal in
	deps) cat <<-'END' ;;
		cc                gcc                   gcc
		c.lib             libc6-dev             -
		pkg-config        pkg-config            pkg-config
		check.lib         check                 check
		gnuplot           gnuplot-nox           gnuplot
		doxygen           doxygen               doxygen
		dot               graphviz              graphviz
		python3           python3               python
		pycparser.py      python3-pycparser     pycparser
		tcc               tcc                   -
		/usr/share/doxygen-awesome-css/doxygen-awesome.css  doxygen-awesome-css  -
		/usr/share/javascript/mathjax/MathJax.js            libjs-mathjax        -
		/usr/share/fonts/truetype/open-sans/OpenSans-Regular.ttf  fonts-open-sans  -
	END
	deps-dev) cat <<-'END' ;;
		gcc               gcc                   gcc
		clang             clang                 llvm
		fuzzer.rt         libclang-rt-dev       llvm
		libomp.rt         libomp-dev            libomp
		clang-tidy-19     clang-tidy-19         llvm
		clang-format-19   clang-format-19       llvm
		cppcheck          cppcheck              cppcheck
		valgrind          valgrind              valgrind
		gcovr             gcovr                 gcovr
		numpy.py          python3-numpy         numpy
		torch.py          python3-torch         pytorch
		wasm-ld           lld                   lld
		libc.wasm         wasi-libc             wasi-libc
		builtins.wasm     libclang-rt-dev-wasm32  wasi-runtimes
		debootstrap       debootstrap           -
		chromium          chromium              chromium
		chromedriver      chromium-driver       chromedriver
		selenium.py       python3-selenium      -
		PIL.py            python3-pil           pillow
	END
	deps-bench) cat <<-'END' ;;
		openblas.lib      libopenblas-dev       openblas
		dnnl.lib          libdnnl-dev           onednn
		numpy.py          python3-numpy         numpy
		torch.py          python3-torch         pytorch
	END
	# Those besides Debian's own GCC and the Clang of deps-dev, as far as this Debian has them.
	deps-compilers) for name in gcc-13 clang-19; do
			apt-cache show $name >/dev/null 2>&1 && echo $name $name -
		done ;;
	*) echo "install.sh: unknown goal $goal" >&2 && exit 2 ;;
	esac
}

there() {
	case $1 in
	/*) [ -e "$1" ] || ! command -v apt-get ;;
	*.lib) sh "$here/library.sh" "${1%.lib}" ;;
	*.py) "$python" -c "import importlib.util as u; exit(not u.find_spec('${1%.py}'))" ;;
	libomp.rt) CC=clang sh "$here/library.sh" openmp ;;
	*.rt) ls "$(clang -print-runtime-dir)"/*"${1%.rt}"* ;;
	libc.wasm) echo '#include <wasi/api.h>' | $wasm -E - ;;
	*.wasm) ls "$($wasm -rtlib=compiler-rt -print-libgcc-file-name)" ;;
	*) command -v "$1" ;;
	esac >/dev/null 2>&1
}

# The packages of what is missing: $1 is 2 for Debian's names, 3 for Homebrew's.
missing() {
	needs | while read -r need debian brew; do
		there "$need" && continue
		if [ "$1" = 2 ]; then echo "$debian"; elif [ "$brew" != - ]; then echo "$brew"; fi
	done | sort -u | xargs
}

packages=$(missing 2)
[ -n "$packages" ] || exit 0
if command -v apt-get >/dev/null; then
	root=
	if [ "$(id -u)" != 0 ]; then
		root=sudo
		command -v sudo >/dev/null || {
			echo "make $goal: as root, please: apt-get install $packages" >&2
			exit 1
		}
	fi
	$root apt-get -q update
	$root env DEBIAN_FRONTEND=noninteractive \
		apt-get -q install -y --no-install-recommends $packages
elif command -v brew >/dev/null; then
	brew install $(missing 3)
fi
packages=$(missing 2)
[ -z "$packages" ] && exit 0
echo "make $goal: please install by hand: $packages (as Debian calls them)" >&2
exit 1
