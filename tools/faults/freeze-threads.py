"""Stop single threads of a program, as a debugger does, until killed.   freeze-threads.py THREAD..."""

import ctypes
import os
import sys
import time

SEIZE, INTERRUPT, ALL_KINDS_OF_THREADS = 0x4206, 0x4207, 0x40000000

libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.argtypes = [ctypes.c_long] * 4
for thread in map(int, sys.argv[1:]):
    if libc.ptrace(SEIZE, thread, 0, 0) or libc.ptrace(INTERRUPT, thread, 0, 0):
        sys.exit(os.strerror(ctypes.get_errno()))
    os.waitpid(thread, ALL_KINDS_OF_THREADS)
print("frozen", flush=True)
time.sleep(3600)
