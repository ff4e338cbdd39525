// The first process of the sandbox: sets everything up, starts the program, reaps, and ends all when the caller is gone.
#include "internal.h"

#include <dirent.h>
#include <linux/capability.h>
#include <net/if.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>

void csb_fail(const struct step *step, const char *stage, const char *what, int code) {
    struct csb_error error;
    memset(&error, 0, sizeof error);
    error.code = code;
    for (size_t i = 0; stage[i] && i + 1 < sizeof error.stage; i++) error.stage[i] = stage[i];
    for (size_t i = 0; what[i] && i + 1 < sizeof error.what; i++) error.what[i] = what[i];
    ssize_t count = write(step->errors, &error, sizeof error);
    (void)count;
    _exit(127);
}

// Closes every descriptor but those listed; what other threads had open must not live on here.
static void keep_only(int *kept, size_t count) {
    for (size_t i = 1; i < count; i++) {
        for (size_t j = i; j > 0 && kept[j] < kept[j - 1]; j--) {
            int swapped = kept[j];
            kept[j] = kept[j - 1];
            kept[j - 1] = swapped;
        }
    }
    unsigned next = 0;
    for (size_t i = 0; i < count; i++) {
        if (kept[i] < 0) continue;
        if ((unsigned)kept[i] > next) syscall(NR_close_range, next, (unsigned)kept[i] - 1, 0);
        next = (unsigned)kept[i] + 1;
    }
    syscall(NR_close_range, next, ~0u, 0);
}

static void bring_up_loopback(const struct step *step) {
    int file = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct ifreq request;
    memset(&request, 0, sizeof request);
    memcpy(request.ifr_name, "lo", 3);
    request.ifr_flags = IFF_UP | IFF_RUNNING;
    if (file < 0 || ioctl(file, SIOCSIFFLAGS, &request)) csb_fail(step, "bring up the network", "lo", errno);
    close(file);
}

// Without a pid namespace: ends all descendants, which come to this process as their parents die.
static void end_descendants(int proc) {
    char path[64], list[4096];
    snprintf(path, sizeof path, "self/task/%d/children", (int)syscall(SYS_getpid));
    for (int round = 0; round < 10000; round++) {
        int file = proc < 0 ? -1 : openat(proc, path, O_RDONLY | O_CLOEXEC);
        ssize_t count = file < 0 ? -1 : read(file, list, sizeof list - 1);
        if (file >= 0) close(file);
        pid_t pid = 0;
        for (ssize_t i = 0; i < count; i++) {
            if (list[i] >= '0' && list[i] <= '9') {
                pid = pid * 10 + (list[i] - '0');
            } else if (pid > 0) {
                kill(pid, SIGKILL);
                pid = 0;
            }
        }
        pid_t reaped;
        do reaped = waitpid(-1, NULL, WNOHANG | __WALL); while (reaped > 0);
        if (reaped < 0 && errno == ECHILD) return;
        poll(NULL, 0, 1);
    }
}

static int status_of(int status) { return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status); }

// Reaps until the program ends or the caller goes away; returns the status to end with.
static int supervise(const struct step *step, pid_t command, int signals) {
    struct pollfd watched[2] = {{signals, POLLIN, 0}, {step->lifeline, POLLIN, 0}};
    while (true) {
        if (poll(watched, 2, -1) < 0 && errno != EINTR) return 137;
        if (watched[1].revents) {
            kill(command, SIGKILL);
            return 137;
        }
        struct signalfd_siginfo info;
        if (!(watched[0].revents & POLLIN) || read(signals, &info, sizeof info) != sizeof info) continue;
        if (info.ssi_signo != SIGCHLD) {
            kill(command, (int)info.ssi_signo);
            continue;
        }
        int status;
        pid_t ended;
        while ((ended = waitpid(-1, &status, WNOHANG)) > 0) {
            if (ended == command) return status_of(status);
        }
    }
}

static int listen_for_signals(const struct step *step) {
    static const int heard[] = {SIGCHLD, SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGWINCH};
    sigset_t set;
    sigemptyset(&set);
    for (size_t i = 0; i < sizeof heard / sizeof *heard; i++) {
        // An ignored SIGCHLD would let the kernel reap in our place.
        signal(heard[i], SIG_DFL);
        sigaddset(&set, heard[i]);
    }
    int signals = signalfd(-1, &set, SFD_CLOEXEC);
    if (signals < 0) csb_fail(step, "listen for signals", "signalfd", errno);
    return signals;
}

void csb_init(struct step *step) {
    const struct csb_spec *spec = step->spec;
    int kept[] = {step->sync, step->errors, step->lifeline, spec->input, spec->output, spec->error};
    keep_only(kept, sizeof kept / sizeof *kept);
    char byte;
    ssize_t count;
    do count = read(step->sync, &byte, 1); while (count < 0 && errno == EINTR);
    if (count != 1) _exit(127);
    close(step->sync);
    umask(022);
    if (!spec->deny_setgroups) syscall(SYS_setgroups, 0, NULL);
    bool own_pids = spec->root != CSB_ROOT_CHROOT && spec->proc == CSB_PROC_FRESH;
    int proc = own_pids ? -1 : open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (!own_pids) prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
    if (spec->root != CSB_ROOT_CHROOT) {
        if (mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL)) csb_fail(step, "separate mounts", "/", errno);
        if (spec->new_network) bring_up_loopback(step);
        csb_make_root(step);
        csb_make_mounts(step);
        sethostname("build", 5);
    }
    csb_enter_root(step);
    int signals = listen_for_signals(step);
    pid_t command = (pid_t)csb_clone(SIGCHLD);
    if (command < 0) csb_fail(step, "start", "the program", errno);
    if (command == 0) csb_command(step);
    int mine[] = {step->lifeline, signals, proc};
    keep_only(mine, 3);
    int status = supervise(step, command, signals);
    if (!own_pids) end_descendants(proc);
    _exit(status);
}
