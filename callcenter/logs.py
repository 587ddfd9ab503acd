"""Log records: formatted where they arise, written by a thread of their own.

The event loop that writes a line itself waits for the disk, or for whoever reads its standard error.
"""

from __future__ import annotations

import atexit
import logging
import sys
import time
from collections.abc import Callable
from logging.handlers import QueueHandler, QueueListener
from queue import SimpleQueue
from typing import TextIO

FORMAT = "%(asctime)s.%(msecs)03dZ %(levelname)s %(name)s %(message)s"


def configure_logging(verbose: bool = False, stream: TextIO | None = None) -> Callable[[], None]:
    """One line a log record, on standard error (or `stream`), in UTC.

    What waits is written when the process ends, or when the function that this returns is called.
    """
    formatter = logging.Formatter(FORMAT, datefmt="%Y-%m-%dT%H:%M:%S")
    formatter.converter = time.gmtime
    waiting: SimpleQueue[logging.LogRecord] = SimpleQueue()
    into = QueueHandler(waiting)
    into.setFormatter(formatter)  # what is queued is text: nobody changes a record's arguments meanwhile
    root = logging.getLogger()
    root.addHandler(into)
    root.setLevel(logging.DEBUG if verbose else logging.INFO)
    listener = QueueListener(waiting, logging.StreamHandler(stream or sys.stderr))
    listener.start()

    def stop() -> None:
        atexit.unregister(stop)
        root.removeHandler(into)
        listener.stop()

    atexit.register(stop)
    return stop
