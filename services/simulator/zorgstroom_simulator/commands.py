"""The sub-commands of ``zorgstroom`` that this service brings."""

from __future__ import annotations

import click

from zorgstroom_simulator.calibrate_command import calibrate_command
from zorgstroom_simulator.design_command import design_command
from zorgstroom_simulator.run_command import run_command
from zorgstroom_simulator.simulator_command import simulator_command
from zorgstroom_simulator.stress_command import stress_command
from zorgstroom_simulator.sweep_command import sweep_command
from zorgstroom_simulator.verify_command import verify_command
from zorgstroom_simulator.worker_command import worker_command

commands: list[click.Command] = [
    run_command,
    sweep_command,
    stress_command,
    design_command,
    calibrate_command,
    simulator_command,
    verify_command,
    worker_command,
]
