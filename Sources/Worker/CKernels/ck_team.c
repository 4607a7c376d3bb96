#define _GNU_SOURCE
#include "ck_team.h"
#include <linux/futex.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

// Between two parallel regions lie microseconds, so waiting spins first; a long pause sleeps in the kernel.
enum { spins = 4000 };

struct ck_team {
    int threads;
    pthread_t *ids;
    void (*run)(void *, int64_t, int);
    void *context;
    int64_t tasks;
    // Each on a line of its own: they are written by different threads at different times.
    _Alignas(64) atomic_int_fast64_t next;
    _Alignas(64) atomic_uint round;
    _Alignas(64) atomic_uint finished;
    _Alignas(64) atomic_int leaving;
};

typedef struct {
    ck_team *team;
    int index;
} member;

static void relax(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
}

static void wait_change(atomic_uint *word, unsigned old) {
    for (int i = 0; i < spins; i++) {
        if (atomic_load_explicit(word, memory_order_acquire) != old) return;
        relax();
    }
    while (atomic_load_explicit(word, memory_order_acquire) == old)
        syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, old, NULL, NULL, 0);
}

static void wake(atomic_uint *word) { syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, 1 << 30, NULL, NULL, 0); }

static void drain(ck_team *team, int thread) {
    for (;;) {
        int64_t task = atomic_fetch_add_explicit(&team->next, 1, memory_order_relaxed);
        if (task >= team->tasks) return;
        team->run(team->context, task, thread);
    }
}

static void *work(void *argument) {
    member self = *(member *)argument;
    free(argument);
    ck_team *team = self.team;
    unsigned seen = 0;
    for (;;) {
        wait_change(&team->round, seen);
        seen++;
        if (atomic_load_explicit(&team->leaving, memory_order_relaxed)) return NULL;
        drain(team, self.index);
        if (atomic_fetch_add_explicit(&team->finished, 1, memory_order_acq_rel) + 2 == (unsigned)team->threads)
            wake(&team->finished);
    }
}

ck_team *ck_team_create(int threads) {
    if (threads < 1) threads = 1;
    ck_team *team = aligned_alloc(64, (sizeof(ck_team) + 63) / 64 * 64);
    if (!team) return NULL;
    *team = (ck_team){.threads = 1};
    team->ids = calloc((size_t)threads, sizeof(pthread_t));
    if (!team->ids) {
        free(team);
        return NULL;
    }
    for (int i = 1; i < threads; i++) {
        member *self = malloc(sizeof(member));
        if (!self) break;
        *self = (member){team, i};
        // A machine that gives fewer threads than asked for gets a smaller team, not a failure.
        if (pthread_create(&team->ids[i], NULL, work, self)) {
            free(self);
            break;
        }
        team->threads = i + 1;
    }
    return team;
}

void ck_team_destroy(ck_team *team) {
    if (!team) return;
    atomic_store(&team->leaving, 1);
    atomic_fetch_add(&team->round, 1);
    wake(&team->round);
    for (int i = 1; i < team->threads; i++) pthread_join(team->ids[i], NULL);
    free(team->ids);
    free(team);
}

void ck_team_run(ck_team *team, int64_t tasks, void (*run)(void *, int64_t, int), void *context) {
    if (tasks <= 0) return;
    if (team->threads == 1 || tasks == 1) {
        for (int64_t task = 0; task < tasks; task++) run(context, task, 0);
        return;
    }
    team->run = run;
    team->context = context;
    team->tasks = tasks;
    atomic_store_explicit(&team->next, 0, memory_order_relaxed);
    atomic_store_explicit(&team->finished, 0, memory_order_relaxed);
    atomic_fetch_add_explicit(&team->round, 1, memory_order_release);
    wake(&team->round);
    drain(team, 0);
    unsigned others = (unsigned)team->threads - 1, done;
    while ((done = atomic_load_explicit(&team->finished, memory_order_acquire)) != others) wait_change(&team->finished, done);
}
