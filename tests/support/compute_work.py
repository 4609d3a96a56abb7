"""Work for the tests of the compute: what a block says is done."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

from zorgstroom.errors import InvalidInput, NotFound, Problem


def prepare(setup: str) -> Callable[[bytes], bytes]:
    """Note in the folder that a process has started."""
    folder = Path(setup)
    (folder / f"started-{os.getpid()}").touch()

    def work(block: bytes) -> bytes:
        order = json.loads(block)
        match order["do"]:
            case "echo":
                return str(order["text"]).encode() * int(order.get("times", 1))
            case "who":
                time.sleep(order["seconds"])
                return str(os.getpid()).encode()
            case "sleep":
                (folder / f"sleeping-{os.getpid()}").touch()
                time.sleep(600)
            case "wait":
                (folder / f"waiting-{order['number']}").touch()
                while not (folder / "go").exists():
                    time.sleep(0.02)
                return b"waited"
            case "mark":
                (folder / order["name"]).touch()
                return b"marked"
            case "die":
                attempts = folder / "deaths"
                with attempts.open("ab") as file:
                    file.write(b"x")
                if attempts.stat().st_size <= order["times"]:
                    os.kill(os.getpid(), signal.SIGKILL)
                return b"alive at last"
            case "not found":
                raise NotFound(what="bed", name="12")
            case "invalid":
                raise InvalidInput([Problem("x", "first.problem", {"path": folder}), Problem("y", "second")])
            case "defect":
                raise ZeroDivisionError
        raise AssertionError(order)

    return work


def prepare_badly(setup: str) -> Callable[[bytes], bytes]:
    """Fail before the first block."""
    raise MemoryError(setup)
