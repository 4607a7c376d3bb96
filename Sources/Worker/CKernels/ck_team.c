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
    // The round in the upper half, and in the lower one how many of its tasks nobody has taken. Whoever takes one holds the round open, so
    // that `run`, `context` and `tasks` stay as they are until it is done; a member that wakes late finds nothing to take.
    _Alignas(64) atomic_uint_fast64_t ticket;
    _Alignas(64) atomic_uint round;
    // Tasks of the round that are done.
    _Alignas(64) atomic_uint done;
    // Members that sleep or are about to, and whether the caller does: nobody else is woken, since that takes a call of the kernel.
    _Alignas(64) atomic_int sleeping;
    atomic_int waiting;
    atomic_int leaving;
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

// The order of all of these is sequentially consistent: who sleeps says so before the kernel looks at the word, and who changes the word
// looks for sleepers after it.
static void wait_change(atomic_uint *word, unsigned old, atomic_int *asleep) {
    for (int i = 0; i < spins; i++) {
        if (atomic_load_explicit(word, memory_order_acquire) != old) return;
        relax();
    }
    atomic_fetch_add(asleep, 1);
    while (atomic_load(word) == old) syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, old, NULL, NULL, 0);
    atomic_fetch_sub(asleep, 1);
}

static void wake(atomic_uint *word, atomic_int *asleep) {
    if (atomic_load(asleep) > 0) syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, 1 << 30, NULL, NULL, 0);
}

// Does tasks of a round until none is left to take; returns how many.
static unsigned drain(ck_team *team, unsigned round, int thread) {
    unsigned count = 0;
    uint_fast64_t ticket = atomic_load_explicit(&team->ticket, memory_order_acquire);
    while ((unsigned)(ticket >> 32) == round && (uint32_t)ticket != 0) {
        if (!atomic_compare_exchange_weak_explicit(&team->ticket, &ticket, ticket - 1, memory_order_acq_rel, memory_order_acquire)) continue;
        team->run(team->context, team->tasks - (uint32_t)ticket, thread);
        count++;
        ticket = atomic_load_explicit(&team->ticket, memory_order_acquire);
    }
    return count;
}

static void *work(void *argument) {
    member self = *(member *)argument;
    free(argument);
    ck_team *team = self.team;
    unsigned seen = 0;
    for (;;) {
        wait_change(&team->round, seen, &team->sleeping);
        seen = atomic_load_explicit(&team->round, memory_order_acquire);
        if (atomic_load_explicit(&team->leaving, memory_order_relaxed)) return NULL;
        unsigned count = drain(team, seen, self.index);
        if (count == 0) continue;
        // The round ends with the last count, and with it what is said here of its tasks.
        unsigned tasks = (unsigned)team->tasks;
        if (atomic_fetch_add(&team->done, count) + count == tasks) wake(&team->done, &team->waiting);
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
    wake(&team->round, &team->sleeping);
    for (int i = 1; i < team->threads; i++) pthread_join(team->ids[i], NULL);
    free(team->ids);
    free(team);
}

void ck_team_run(ck_team *team, int64_t tasks, void (*run)(void *, int64_t, int), void *context) {
    if (tasks <= 0) return;
    if (team->threads == 1 || tasks == 1 || tasks > UINT32_MAX) {
        for (int64_t task = 0; task < tasks; task++) run(context, task, 0);
        return;
    }
    team->run = run;
    team->context = context;
    team->tasks = tasks;
    atomic_store_explicit(&team->done, 0, memory_order_relaxed);
    unsigned round = atomic_load_explicit(&team->round, memory_order_relaxed) + 1;
    atomic_store_explicit(&team->ticket, (uint_fast64_t)round << 32 | (uint_fast64_t)tasks, memory_order_release);
    atomic_store(&team->round, round);
    wake(&team->round, &team->sleeping);
    // A round is over when its tasks are, not when every member was there: one that the kernel does not run holds up nothing.
    unsigned count = drain(team, round, 0);
    unsigned done = atomic_fetch_add(&team->done, count) + count;
    while (done != (unsigned)tasks) {
        wait_change(&team->done, done, &team->waiting);
        done = atomic_load_explicit(&team->done, memory_order_acquire);
    }
}
