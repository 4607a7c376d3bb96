"""Take a ledger for oneself, as another program might, until killed.   hold-ledger.py PATH"""

import sqlite3
import sys
import time

ledger = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=60)
ledger.execute("BEGIN EXCLUSIVE")
print("held", flush=True)
time.sleep(3600)
