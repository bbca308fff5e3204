"""A server without pages: a supervisor with counting workers, until SIGTERM."""

import signal
import sys
import threading
from pathlib import Path

from stcore.errors import StoreError
from stcore.operations.jobs.supervisor import Supervisor

ended = threading.Event()
signal.signal(signal.SIGTERM, lambda *_: ended.set())
supervisor = Supervisor(port=8765, command=[sys.executable, str(Path(__file__).with_name("count_worker.py"))])
try:
    supervisor.start()
except StoreError as error:
    print(error.message, error.hint)
    sys.exit(2)
print("ready", flush=True)
while not ended.wait(0.1):
    pass
supervisor.stop()
