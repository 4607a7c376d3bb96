#define _GNU_SOURCE
#include "CPlatform.h"
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <unistd.h>

int64_t ft_free_bytes(const char *path) {
    struct statvfs v;
    if (statvfs(path, &v)) return -1;
    return (int64_t)v.f_bavail * (int64_t)v.f_frsize;
}

int ft_lock(int descriptor) { return flock(descriptor, LOCK_EX | LOCK_NB); }

int ft_rename_new(const char *from, const char *to) { return renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE); }

int ft_parent_death_signal(int signal) { return prctl(PR_SET_PDEATHSIG, signal); }

// On Linux niceness belongs to a thread; the first one's is the process's.
int ft_process_niceness(void) { return getpriority(PRIO_PROCESS, (id_t)getpid()); }

void ft_prepare_thread(const char *name, int niceness) {
    prctl(PR_SET_NAME, name);
    // A new thread has its maker's niceness. 0 names the calling one.
    if (niceness) setpriority(PRIO_PROCESS, 0, ft_process_niceness() + niceness);
}
