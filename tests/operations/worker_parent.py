"""Starts a worker as a server does, tells its number, and waits to be killed."""

import os
import subprocess
import sys
from pathlib import Path

script = Path(__file__).with_name("count_worker.py")
worker = subprocess.Popen([sys.executable, str(script), "--server-pid", str(os.getpid())], stdin=subprocess.PIPE)
print(worker.pid, flush=True)
worker.wait()
