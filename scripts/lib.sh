# shellcheck shell=sh
# What the set-up scripts share: talk on standard error, root rights, and whether installing is allowed.
# Whoever sources this sets $program, the name it talks under.
: "${program:?}"

say() { printf '%s: %s\n' "$program" "$*" >&2; }

# fail WHAT WHY NEXT: the three parts every message of this project has.
fail() {
    printf 'error: %s\n  why:  %s\n  next: %s\n' "$1" "$2" "$3" >&2
    exit 1
}

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null 2>&1; then
        sudo "$@"
    else
        fail "cannot run '$1' as root" "this user is not root and sudo is not installed" \
            "run this as root, or install what is missing yourself"
    fi
}

# os_field NAME: a field of os-release(5), empty where there is none.
os_field() {
    os_release=${LOCKAGE_SYSROOT:-}/etc/os-release
    [ -r "$os_release" ] || return 0
    # shellcheck disable=SC1090  # read in a subshell; its names stay there
    (. "$os_release" && eval "printf '%s' \"\${$1:-}\"")
}

is_debian_family() {
    case " $(os_field ID) $(os_field ID_LIKE) " in *" debian "* | *" ubuntu "*) return 0 ;; esac
    return 1
}

# may_install WHAT [--yes]: at once with CI=true or --yes, after a yes on a terminal, else not.
may_install() {
    [ "${CI:-}" = true ] && return 0
    [ "${2:-}" = --yes ] && return 0
    [ -t 0 ] && [ -t 2 ] || return 1
    printf 'Install %s with apt-get? [y/N] ' "$1" >&2
    read -r answer
    case "$answer" in y | Y | yes) return 0 ;; esac
    return 1
}

# apt_install PACKAGE…: quiet unless it fails.
apt_install() {
    apt_log=$(mktemp)
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends "$@" >"$apt_log" 2>&1 ||
        { cat "$apt_log" >&2; rm -f "$apt_log"; return 1; }
    rm -f "$apt_log"
}

# debian_mirror: where this Debian takes its packages from; nothing on other systems, whose tools know Debian's own.
debian_mirror() {
    [ "$(os_field ID)" = debian ] || return 0
    # shellcheck disable=SC2016  # apt's own placeholder
    apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' "Codename: $(os_field VERSION_CODENAME)" |
        head -n 1
}

# newer_release: sets $release to what stands behind a package's name where this system's own is too old: /trixie on
# Debian 12, made ready here, and nothing elsewhere. At priority 100 nothing comes from there unless it is asked for so.
newer_release() {
    release=
    [ "$(os_field VERSION_CODENAME)" = bookworm ] || return 0
    apt=${LOCKAGE_SYSROOT:-}/etc/apt # tests put another root in front
    as_root apt-get -qq update # before the first one nobody knows which release a mirror serves
    printf 'Types: deb\nURIs: %s\nSuites: trixie\nComponents: main\nSigned-By: %s\n' \
        "$(debian_mirror)" /usr/share/keyrings/debian-archive-keyring.gpg |
        as_root tee "$apt/sources.list.d/lockage-trixie.sources" >/dev/null
    printf 'Package: *\nPin: release n=trixie\nPin-Priority: 100\n' |
        as_root tee "$apt/preferences.d/lockage-trixie" >/dev/null
    # shellcheck disable=SC2034  # for whoever sources this
    release=/trixie
}
