#pragma once
#include <stdint.h>

/// A fixed team of threads that runs numbered tasks; the caller is one of them.
typedef struct ck_team ck_team;

/// Starts `threads - 1` threads; NULL when they cannot be had.
ck_team *ck_team_create(int threads);
void ck_team_destroy(ck_team *team);

/// Runs `run(context, task, thread)` for every task in 0 ..< tasks, each on whichever thread is free, and returns when all are done.
/// Not re-entrant. What a task computes must not depend on its thread, so that results do not depend on timing.
void ck_team_run(ck_team *team, int64_t tasks, void (*run)(void *context, int64_t task, int thread), void *context);
