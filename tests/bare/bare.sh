#!/bin/bash
# bare.sh SUITE: the README's two commands on a Debian with nothing but git and make.
#
# Each of them is the very first command on a system of its own, as root, with LANG=C, in a directory
# that only root may enter, whose path has blanks and an umlaut. On the newest Debian root only installs
# for the tests, and an ordinary user, with a locale whose decimal point is a comma, runs them and the
# tour. There everything is also compiled with the other compilers of that Debian, where a warning is
# an error; `make lint` does so with those of Debian 12.
#
# Must be root, and called in a mount namespace of its own (the makefile does): what is mounted here
# ends with it. FROM is the repository, PLACE where the systems are made.
set -euo pipefail

suite=$1
place=$(realpath -m "$PLACE")/$suite
from=$(realpath "$FROM")
folder='Köpfe und Gewichte'

say() {
    printf '[%s %4d s] %s\n' "$suite" "$SECONDS" "$*"
}

# make_base: a bare system, kept for the next time.
make_base() {
    [ -e "$place/base.made" ] && return
    rm -rf --one-file-system "$place/base"
    mkdir -p "$place"
    debootstrap --variant=minbase --include=git,make,ca-certificates "$suite" "$place/base" \
        >"$place/debootstrap.log" 2>&1 || { tail -n 20 "$place/debootstrap.log"; return 1; }
    touch "$place/base.made"
}

# begin SYSTEM: a fresh copy of the bare system. It reaches the network as this machine does.
begin() {
    root=$place/$1
    rm -rf --one-file-system "$root"
    cp -a --reflink=auto "$place/base" "$root"
    cp /etc/resolv.conf /etc/hosts "$root/etc"
    apt-config dump Acquire >"$root/etc/apt/apt.conf.d/90host" 2>/dev/null || true
    mount -t proc proc "$root/proc"
    for tree in /sys /dev /dev/pts; do mount --bind "$tree" "$root$tree"; done
    mkdir -p "$place/packages"
    mount --bind "$place/packages" "$root/var/cache/apt/archives"
}

end() {
    umount "$root/proc" "$root/dev/pts" "$root/dev" "$root/sys" "$root/var/cache/apt/archives"
    rm -rf --one-file-system "$root"
}

# inside USER LOCALE COMMAND: runs it in the system, with nothing of this environment.
inside() {
    local home=/root
    [ "$1" = root ] || home=/home/$1
    local proxies
    proxies=$(env | grep -iE '^(https?|no)_proxy=' || true)
    # shellcheck disable=SC2086 # as many words as there are proxies
    chroot "$root" env -i $proxies PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME="$home" LANG="$2" \
        setpriv --reuid="$1" --regid="$1" --init-groups sh -c "$3"
}

# clone USER: the repository in a private directory of the user's.
clone() {
    local home=/root
    [ "$1" = root ] || home=/home/$1
    mkdir -p "$root$home/$folder"
    printf '[safe]\n\tdirectory = *\n' >"$place/gitconfig" # whoever owns it
    GIT_CONFIG_GLOBAL=$place/gitconfig git clone -q --no-hardlinks "$from" "$root$home/$folder/headwise"
    chroot "$root" chown -R "$1:$1" "$home/$folder"
    chmod 700 "$root$home" "$root$home/$folder"
}

# try USER LOCALE COMMAND: runs a command in the clone; of a failure it shows what names it.
try() {
    local log="$place/${root##*/}, $1, $3.log"
    if ! inside "$1" "$2" "cd ~/'$folder'/headwise && $3" >"$log" 2>&1; then
        grep -aE ':[FE]:|error|\*\*\*|FAILED' "$log" | tail -n 12 || tail -n 20 "$log"
        say "FAILED: $3 (as $1, LANG=$2); all it said: $log"
        return 1
    fi
    say "passed: $3 (as $1, LANG=$2)"
    grep -E '^(make test|make lint|skipped)' "$log" || true
}

main() {
    make_base
    say 'a bare system is there'
    failed=0

    begin tour-first
    clone root
    try root C 'make deps tour' || failed=1
    end

    begin test-first
    clone root
    case $suite in
    bookworm) try root C 'make deps test' || failed=1 ;;
    *) # root installs, a reader with another locale does the rest
        try root C 'make deps' || failed=1
        inside root C 'apt-get -q install -y --no-install-recommends locales &&
            localedef -i de_DE -f UTF-8 de_DE.UTF-8 && useradd --create-home reader' >"$place/log" 2>&1 ||
            { tail "$place/log"; exit 1; }
        clone reader
        try reader de_DE.UTF-8 'make deps test' || failed=1
        try reader de_DE.UTF-8 'make deps tour' || failed=1
        try root C 'make deps-compilers lint-compilers' || failed=1
        ;;
    esac
    end
    return $failed
}

main
