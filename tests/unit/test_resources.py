"""How many processes compute: as many as there is work, cores and memory for."""

from __future__ import annotations

import dataclasses
import os

import pytest
from tests.support.small_dataset import make_dataset

from zorgstroom.dataset import load_dataset
from zorgstroom.domain.area import Region
from zorgstroom.domain.scenario import Scenario
from zorgstroom.errors import InvalidInput
from zorgstroom_simulator import resources
from zorgstroom_simulator.experiment import Experiment
from zorgstroom_simulator.machine import free_memory
from zorgstroom_simulator.resources import (
    OWN_BYTES,
    PATIENT_BYTES,
    PROCESS_BYTES,
    USABLE,
    bytes_of_year,
    expected_patients,
    jobs_for_any_run,
    jobs_that_fit,
    peak_memory_mb,
    require_memory,
)

pytestmark = pytest.mark.unit

GB = 2**30


def experiment(region: Region | None = None, weeks: int = 52) -> Experiment:
    scenario = Scenario.model_validate({"zorgstroom": 1, "name": "Nu", "horizon": {"weeks": weeks}})
    return Experiment(load_dataset(), scenario, region, seed=1)


def test_country_has_more_patients_than_a_region_and_a_year_more_than_a_month() -> None:
    euregio = Region("roaz", "Euregio")
    country, region = expected_patients(experiment()), expected_patients(experiment(euregio))
    # Simulated once: 5.3 million patients in the country, 250 thousand in the region.
    assert 4_500_000 < country < 7_000_000
    assert 200_000 < region < 400_000
    assert expected_patients(experiment(weeks=4)) < country / 4


def test_memory_decides_how_many_processes_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 8)
    country = experiment()
    plenty = jobs_that_fit(country, replications=3, free=64 * GB)
    assert (plenty.count, plenty.wanted, plenty.limited) == (3, 3, False)
    each = plenty.bytes_each
    two = jobs_that_fit(country, replications=3, free=int((2.5 * each + OWN_BYTES) / USABLE))
    assert (two.count, two.wanted, two.limited) == (2, 3, True)
    # Whoever has too little for one may still try: the calculation is refused by nobody but the machine.
    assert jobs_that_fit(country, replications=3, free=0).count == 1


def test_no_more_processes_than_cores_or_years(monkeypatch: pytest.MonkeyPatch) -> None:
    small = Experiment(make_dataset(), Scenario.model_validate({"zorgstroom": 1, "name": "Nu"}), None, 1)
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    assert jobs_that_fit(small, replications=10, free=64 * GB).count == 2
    assert jobs_that_fit(small, replications=1, free=64 * GB).count == 1
    assert jobs_that_fit(small, replications=1, free=64 * GB).bytes_each < 2 * PROCESS_BYTES


def test_service_starts_processes_that_can_each_hold_the_country(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 16)
    country = dataclasses.replace(experiment(), engine="compiled")
    each = jobs_that_fit(country, 1).bytes_each
    monkeypatch.setattr(resources, "free_memory", lambda: int((3.5 * each + OWN_BYTES) / USABLE))
    assert jobs_for_any_run(load_dataset()) == 3


def test_a_run_of_which_no_year_fits_is_refused_with_what_would() -> None:
    country = experiment()
    require_memory(country, free=bytes_of_year(country))
    with pytest.raises(InvalidInput) as refused:
        require_memory(country, free=GB)
    said = refused.value.message("en")
    most = (GB - PROCESS_BYTES) // PATIENT_BYTES["simpy"] // 1000 * 1000
    assert f"about {round(expected_patients(country), -3):,} patients" in said
    assert f"1 GB is free, enough for about {most:,} patients" in said
    require_memory(experiment(Region("roaz", "Euregio")), free=GB)
    # The compiled engine takes less.
    faster = dataclasses.replace(country, engine="compiled")
    assert bytes_of_year(faster) < bytes_of_year(country)
    require_memory(faster, free=bytes_of_year(country) - 1)


def test_machine_says_how_much_memory_is_free_and_was_used() -> None:
    assert free_memory() > 0
    held = bytearray(50 * 2**20)
    assert peak_memory_mb() > len(held) / 2**20
