#define _GNU_SOURCE
#include "CPlatform.h"
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

int64_t ft_free_bytes(const char *path) {
    struct statvfs v;
    if (statvfs(path, &v)) return -1;
    return (int64_t)v.f_bavail * (int64_t)v.f_frsize;
}

int ft_lock(int descriptor) { return flock(descriptor, LOCK_EX | LOCK_NB); }

int ft_accept(int listener) { return accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC); }

int ft_pipe(int ends[2]) { return pipe2(ends, O_NONBLOCK | O_CLOEXEC); }

void ft_idle_thread(void) {
    // Of one thread (IOPRIO_WHO_PROCESS and 0 name the caller), in the class of the idle.
    setpriority(PRIO_PROCESS, 0, 19);
    syscall(SYS_ioprio_set, 1, 0, 3 << 13);
}

int ft_rename_new(const char *from, const char *to) { return renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE); }

int ft_parent_death_signal(int signal) { return prctl(PR_SET_PDEATHSIG, signal); }

void ft_prepare_thread(const char *name, int niceness) {
    prctl(PR_SET_NAME, name);
    // On Linux niceness belongs to a thread. A new one has its maker's; the first one's is the process's. 0 names the
    // calling one.
    if (niceness) setpriority(PRIO_PROCESS, 0, getpriority(PRIO_PROCESS, (id_t)getpid()) + niceness);
}
