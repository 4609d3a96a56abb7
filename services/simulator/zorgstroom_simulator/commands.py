"""The sub-commands of ``zorgstroom`` that this service brings."""

from __future__ import annotations

import click

from zorgstroom_simulator.simulator_command import simulator_command

commands: list[click.Command] = [simulator_command]
