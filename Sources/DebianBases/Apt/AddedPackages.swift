/// What comes along when a plan adds packages to a base whose list is closed.
enum AddedPackages {
    /// Packages that others depend on for their maintainer scripts, which are never run: the tools of installing.
    static let onlyInstalling: Set<String> = [
        "adduser", "apt", "base-passwd", "cdebconf", "debconf", "debconf-2.0", "debianutils", "diffutils", "dpkg",
        "findutils", "gpgv", "grep", "gzip", "hostname", "init-system-helpers", "install-info", "libdebconfclient0",
        "libpam-modules", "libpam-modules-bin", "libpam-runtime", "login", "login.defs", "mawk", "ncurses-base",
        "ncurses-bin", "passwd", "perl-base", "sed", "sensible-utils", "tar", "ucf", "util-linux",
    ]
}
