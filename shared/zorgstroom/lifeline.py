"""A life-line between a process and the one that started it: when the starter is gone, the process stops.

The starter keeps the writing end of a pipe open and never writes. However it dies (also by kill -9), the
operating system closes that end, the reading end reports end-of-file, and no stray process stays behind.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time

from zorgstroom.settings import Settings

#: How long a process may take to stop by itself once its life-line is cut.
GRACE_SECONDS = 10.0


def watch_lifeline(fd: int | None = None) -> threading.Thread | None:
    """Stop this process as soon as the supervisor that started it is gone.

    To be called once at the start of a service command. `fd` is the reading end of the pipe; by default
    the one in the settings, which only the supervisor fills in. Without one (started by hand, in a
    container) nothing is watched and None comes back.
    """
    fd = Settings().lifeline_fd if fd is None else fd
    if fd is None:
        return None
    # Not handed on to the processes this one starts: they have a starter of their own to watch.
    os.set_inheritable(fd, False)
    thread = threading.Thread(target=_wait_for_end_of_file, args=(fd,), name="lifeline", daemon=True)
    thread.start()
    return thread


def watch_parent() -> None:
    """Stop this process as soon as its parent is gone: the initializer of processes in a pool.

    A pool worker holds both ends of the pool's own pipes, so it would wait for work for ever.
    """
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_exit_after, args=(parent,), name="lifeline", daemon=True).start()


def _wait_for_end_of_file(fd: int) -> None:
    while os.read(fd, 1):
        pass
    # SIGTERM first, so that the service closes its files the way it does on an ordinary stop.
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE_SECONDS)
    os._exit(1)


def _exit_after(parent: multiprocessing.process.BaseProcess) -> None:
    parent.join()
    os._exit(1)
