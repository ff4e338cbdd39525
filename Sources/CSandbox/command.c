// The last steps before execve: terminal, descriptors, limits, identity, capabilities, filter.
#include "internal.h"

#include <linux/capability.h>
#include <linux/seccomp.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <termios.h>

// The capabilities that Podman and Buildah give to a container.
static const int granted[] = {
    CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_FSETID, CAP_FOWNER, CAP_SETGID, CAP_SETUID,
    CAP_SETFCAP, CAP_SETPCAP, CAP_NET_BIND_SERVICE, CAP_SYS_CHROOT, CAP_KILL,
};

// Of these, what reaches the machine itself where the root is only a chroot.
static const int too_much_for_chroot[] = {CAP_SYS_CHROOT, CAP_KILL, CAP_SETFCAP, CAP_MKNOD};

static uint64_t granted_mask(const struct csb_spec *spec) {
    uint64_t mask = 0;
    for (size_t i = 0; i < sizeof granted / sizeof *granted; i++) mask |= 1ull << granted[i];
    if (spec->root != CSB_ROOT_CHROOT) return mask;
    for (size_t i = 0; i < sizeof too_much_for_chroot / sizeof *too_much_for_chroot; i++) {
        mask &= ~(1ull << too_much_for_chroot[i]);
    }
    return mask;
}

int csb_landlock_version(void) {
    long version = syscall(NR_landlock_create_ruleset, NULL, 0, 1 /* LANDLOCK_CREATE_RULESET_VERSION */);
    return version < 0 ? 0 : (int)version;
}

// Abstract sockets know no root but only a network, and a signal no root but only processes: Landlock bounds both.
static void restrict_scope(const struct step *step) {
    if (csb_landlock_version() < 6) return;
    struct { uint64_t file_access, network_access, scoped; } rules = {0, 0, 3 /* abstract sockets and signals */};
    int file = (int)syscall(NR_landlock_create_ruleset, &rules, sizeof rules, 0);
    if (file < 0 || syscall(NR_landlock_restrict_self, file, 0)) csb_fail(step, "bound", "sockets and signals", errno);
    close(file);
}

static void arrange_descriptors(const struct step *step, int *errors) {
    const struct csb_spec *spec = step->spec;
    int high = fcntl(step->errors, F_DUPFD_CLOEXEC, 20);
    int input = fcntl(spec->input, F_DUPFD_CLOEXEC, 20);
    int output = fcntl(spec->output, F_DUPFD_CLOEXEC, 20);
    int error = fcntl(spec->error, F_DUPFD_CLOEXEC, 20);
    if (high < 0 || input < 0 || output < 0 || error < 0) csb_fail(step, "connect", "standard streams", errno);
    if (dup2(input, 0) < 0 || dup2(output, 1) < 0 || dup2(error, 2) < 0) {
        csb_fail(step, "connect", "standard streams", errno);
    }
    if (dup3(high, 3, O_CLOEXEC) < 0) csb_fail(step, "connect", "standard streams", errno);
    syscall(NR_close_range, 4u, ~0u, 0);
    *errors = 3;
}

static void take_terminal(const struct step *step) {
    if (!step->spec->interactive) {
        syscall(SYS_setsid);
        return;
    }
    if (!isatty(0)) return;
    // SIGTTOU is blocked: a shell then finds itself in the foreground and offers job control.
    setpgid(0, 0);
    pid_t group = (pid_t)syscall(SYS_getpid);
    ioctl(0, TIOCSPGRP, &group);
}

static void set_limits(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max < 65536 ? limit.rlim_max : 65536;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
    if (getrlimit(RLIMIT_CORE, &limit) == 0) {
        limit.rlim_cur = 0;
        setrlimit(RLIMIT_CORE, &limit);
    }
}

static void write_map(const struct step *step, const char *path, uint32_t inside) {
    char text[32];
    int length = snprintf(text, sizeof text, "%u 0 1", inside);
    int file = open(path, O_WRONLY | O_CLOEXEC);
    if (file < 0 || write(file, text, (size_t)length) != length) csb_fail(step, "map users", path, errno);
    close(file);
}

static void take_identity(const struct step *step) {
    const struct csb_spec *spec = step->spec;
    if (spec->nested_user) {
        if (syscall(SYS_unshare, CLONE_NEWUSER)) csb_fail(step, "map users", "a second user namespace", errno);
        int file = open("/proc/self/setgroups", O_WRONLY | O_CLOEXEC);
        if (file >= 0) {
            ssize_t count = write(file, "deny", 4);
            (void)count;
            close(file);
        }
        write_map(step, "/proc/self/uid_map", spec->uid);
        write_map(step, "/proc/self/gid_map", spec->gid);
    }
    uint64_t mask = granted_mask(spec);
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    for (int i = 0; i < 64; i++) {
        if (prctl(PR_CAPBSET_READ, i, 0, 0, 0) == 1 && !(mask >> i & 1)) prctl(PR_CAPBSET_DROP, i, 0, 0, 0);
    }
    if (!spec->nested_user && (spec->uid || spec->gid)) {
        uint32_t group = spec->gid;
        if (!spec->deny_setgroups && syscall(SYS_setgroups, 1, &group)) csb_fail(step, "become", "the group", errno);
        if (syscall(SYS_setresgid, group, group, group)) csb_fail(step, "become", "the group", errno);
        if (syscall(SYS_setresuid, spec->uid, spec->uid, spec->uid)) csb_fail(step, "become", "the user", errno);
    }
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct now[2], data[2];
    memset(data, 0, sizeof data);
    if (spec->uid == 0) {
        if (syscall(SYS_capget, &header, now)) csb_fail(step, "drop", "capabilities", errno);
        for (int i = 0; i < 2; i++) data[i].effective = data[i].permitted = now[i].permitted & (uint32_t)(mask >> 32 * i);
    }
    if (syscall(SYS_capset, &header, data)) csb_fail(step, "drop", "capabilities", errno);
}

static const char *variable(const struct csb_spec *spec, const char *name) {
    size_t length = strlen(name);
    for (size_t i = 0; spec->environment[i]; i++) {
        const char *entry = spec->environment[i];
        if (strncmp(entry, name, length) == 0 && entry[length] == '=') return entry + length + 1;
    }
    return NULL;
}

// Looks the program up in PATH as execvp does, in the program's own environment.
static void execute(const struct step *step) {
    const struct csb_spec *spec = step->spec;
    const char *program = spec->arguments[0];
    if (!program) _exit(0);  // a probe
    char *const *arguments = (char *const *)spec->arguments, *const *environment = (char *const *)spec->environment;
    if (strchr(program, '/')) {
        execve(program, arguments, environment);
        csb_fail(step, "run", program, errno);
    }
    const char *path = variable(spec, "PATH");
    if (!path) path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    int code = ENOENT;
    char candidate[PATH_MAX];
    while (*program) {
        size_t length = strcspn(path, ":");
        if (length + strlen(program) + 2 < sizeof candidate) {
            memcpy(candidate, path, length);
            candidate[length] = '/';
            memcpy(candidate + length + (length > 0), program, strlen(program) + 1);
            execve(candidate, arguments, environment);
            if (errno != ENOENT && errno != ENOTDIR) code = errno;
        }
        if (!path[length]) break;
        path += length + 1;
    }
    csb_fail(step, "find", program, code);
}

static void reset_signals(void) {
    for (int number = 1; number < NSIG; number++) signal(number, SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

void csb_command(const struct step *inherited) {
    struct step step = *inherited;
    take_terminal(&step);
    arrange_descriptors(&step, &step.errors);
    set_limits();
    take_identity(&step);
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)) csb_fail(&step, "forbid", "new privileges", errno);
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    if (chdir(step.spec->working_directory)) csb_fail(&step, "enter", step.spec->working_directory, errno);
    restrict_scope(&step);
    reset_signals();
    if (step.has_filter && syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &step.filter)) {
        csb_fail(&step, "install", "the filter of system calls", errno);
    }
    execute(&step);
    csb_fail(&step, "run", step.spec->arguments[0], ENOENT);
}
