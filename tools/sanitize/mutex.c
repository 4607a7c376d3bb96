// What the thread sanitizer is not told by Swift's own mutex: loaded before all else by tools/sanitize.sh (LD_PRELOAD).
//
// `Synchronization.Mutex` takes and frees a lock that nobody else wants by an atomic exchange within the caller's code, which the sanitizer sees.
// One that is contended goes through _lockSlow and _unlockSlow of libswiftSynchronization, a library that is not instrumented, and there the
// kernel hands the lock over (futex, PI): the sanitizer takes the two owners for unordered, and every contended mutex for a race. These three
// functions stand in front of Swift's own, call them, and tell the sanitizer what they do. Nothing is hidden: what happens without the lock
// is reported as before.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdbool.h>
#include <stdint.h>

#define SWIFT __attribute__((swiftcall))
#define SELF __attribute__((swift_context)) void *self

extern void __tsan_acquire(void *) __attribute__((weak));
extern void __tsan_release(void *) __attribute__((weak));

SWIFT void lockSlow(uint32_t, SELF) __asm__("$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF");
SWIFT bool tryLockSlow(SELF) __asm__("$s15Synchronization12_MutexHandleV12_tryLockSlowSbyF");
SWIFT void unlockSlow(SELF) __asm__("$s15Synchronization12_MutexHandleV11_unlockSlowyyF");

SWIFT void lockSlow(uint32_t thread, SELF) {
    SWIFT void (*own)(uint32_t, SELF) =
        (SWIFT void (*)(uint32_t, SELF))dlsym(RTLD_NEXT, "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF");
    own(thread, self);
    if (__tsan_acquire) __tsan_acquire(self);
}

SWIFT bool tryLockSlow(SELF) {
    SWIFT bool (*own)(SELF) =
        (SWIFT bool (*)(SELF))dlsym(RTLD_NEXT, "$s15Synchronization12_MutexHandleV12_tryLockSlowSbyF");
    bool taken = own(self);
    if (taken && __tsan_acquire) __tsan_acquire(self);
    return taken;
}

SWIFT void unlockSlow(SELF) {
    SWIFT void (*own)(SELF) =
        (SWIFT void (*)(SELF))dlsym(RTLD_NEXT, "$s15Synchronization12_MutexHandleV11_unlockSlowyyF");
    if (__tsan_release) __tsan_release(self);
    own(self);
}
