"""What is behind the numbers of a run, asked over HTTP: simulated years, streams, areas."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pytest
from tests.support import sample_result
from tests.support.api import Api, running_api, small_dataset
from tests.support.small_dataset import make_dataset

from zorgstroom.errors import InvalidInput
from zorgstroom.indicators.catalogue import CATALOGUE
from zorgstroom.reporting.readings import Moves as Counted
from zorgstroom.tables import SCHEMAS
from zorgstroom_api.depth import moving, years
from zorgstroom_api.depth.moving import Wait

pytestmark = pytest.mark.unit

AT_NOORD = {"location": "NOORD", "profile": "oesophagus"}


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    with running_api(tmp_path_factory.mktemp("api")) as api:
        yield api


@pytest.fixture(scope="module")
def run_id(api: Api) -> str:
    run = api.request_run()
    api.complete(run, sample_result.simulated_years(), dataset_digest=small_dataset().digest)
    return run


def ask(api: Api, address: str, **params: Any) -> dict[str, Any]:
    response = api.client.get(f"/v1/runs/{address}", params=params)
    assert response.status_code == 200, response.text
    return dict(response.json())


def refused(api: Api, address: str, **params: Any) -> dict[str, Any]:
    response = api.client.get(f"/v1/runs/{address}", params=params)
    assert response.status_code == 400, response.text
    return dict(response.json()["problems"][0])


def line_of(answer: dict[str, Any], **about: str) -> dict[str, Any]:
    [found] = [item for item in answer["items"] if all(item[name] == value for name, value in about.items())]
    return dict(found)


def test_a_volume_is_told_for_every_simulated_year_next_to_today(api: Api, run_id: str) -> None:
    answer = ask(api, f"{run_id}/simulated-years", indicator="volume", by=["location", "profile"])
    line = line_of(answer, **AT_NOORD)
    assert (answer["replications"], answer["unit"], answer["left_out"]) == (10, "patients_per_year", 0)
    assert line["baseline"][:3] == [30, 31, 32]
    assert line["plan"][:3] == [75, 76, 77]
    # Of the same patients: the difference has no chance in it.
    assert line["difference"] == {"mean": 45, "low": 45, "high": 45}
    assert (line["higher"], line["lower"]) == (10, 0)
    assert line["plan_mean"]["mean"] == pytest.approx(75.9)


def test_lines_are_about_exactly_what_was_asked(api: Api, run_id: str) -> None:
    per_place = ask(api, f"{run_id}/simulated-years", indicator="volume", by="location")
    assert [item["location"] for item in per_place["items"]] == ["MIDDEN", "NOORD"]
    overall = ask(api, f"{run_id}/simulated-years", indicator="travel_mean")
    assert [item["plan_mean"]["mean"] for item in overall["items"]] == [pytest.approx(18.899)]
    one = ask(api, f"{run_id}/simulated-years", indicator="volume", by=["location", "profile"], profile="hip")
    assert [(item["location"], item["profile"]) for item in one["items"]] == [("NOORD", "hip")]


def test_volumes_add_up_to_groups_of_care_and_organisations(api: Api, run_id: str) -> None:
    dataset = small_dataset()
    groups = {profile.id: profile.group for profile in dataset.profiles}
    owner = {location.id: location.organisation_id for location in dataset.locations}
    answer = ask(api, f"{run_id}/simulated-years", indicator="volume", by=["organisation", "group"])
    found = {(item["organisation"], item["group"]): item["plan"][1] for item in answer["items"]}
    expected: dict[tuple[str, str], float] = {}
    for place, profile, patients in (
        ("NOORD", "oesophagus", 76),
        ("MIDDEN", "oesophagus", 0),
        ("NOORD", "hip", 257),
    ):
        key = owner[place], groups[profile]
        expected[key] = expected.get(key, 0) + patients
    assert found == expected
    only = ask(
        api, f"{run_id}/simulated-years", indicator="volume", by=["location", "profile"], group=groups["hip"]
    )
    assert {item["profile"] for item in only["items"]} <= {
        name for name, group in groups.items() if group == groups["hip"]
    }


def test_a_norm_is_judged_as_in_the_report(api: Api, run_id: str) -> None:
    answer = ask(api, f"{run_id}/simulated-years", indicator="volume", by=["location", "profile"])
    line = line_of(answer, **AT_NOORD)
    impact = api.client.get(f"/v1/runs/{run_id}/impact").json()
    [row] = [
        item for item in impact["volumes"] if item["location"] == "NOORD" and item["profile"] == "oesophagus"
    ]
    assert (line["norm"]["minimum"], line["plan_met"]) == (row["norm"], row["plan_met"])
    assert line_of(answer, location="NOORD", profile="hip")["norm"] is None


def test_too_many_lines_are_counted_instead(api: Api, run_id: str) -> None:
    answer = ask(api, f"{run_id}/simulated-years", indicator="volume", by=["location", "profile"], limit=1)
    assert (len(answer["items"]), answer["left_out"]) == (1, 2)


def test_what_cannot_be_told_is_refused_with_what_can(api: Api, run_id: str) -> None:
    address = f"{run_id}/simulated-years"
    mean = refused(api, address, indicator="travel_mean", by="group")
    assert "gemiddelde" in mean["message"]
    unknown = refused(api, address, indicator="volumes")
    assert "volume" in unknown["message"]
    group = refused(api, address, indicator="volume", by="profile", group="hearts")
    assert group["where"] == "query:group"
    # This run has one year: there is no table of years.
    response = api.client.get(f"/v1/runs/{address}", params={"indicator": "load", "by": "year"})
    assert response.status_code == 404


def test_an_answer_that_is_known_is_not_sent_again(api: Api, run_id: str) -> None:
    address = f"/v1/runs/{run_id}/moves"
    tag = api.client.get(address).headers["etag"]
    assert api.client.get(address, headers={"If-None-Match": tag}).status_code == 304
    other = api.client.get(address, params={"location": "NOORD"}, headers={"If-None-Match": tag})
    assert other.status_code == 200


def test_streams_go_from_hospital_to_hospital(api: Api, run_id: str) -> None:
    answer = ask(api, f"{run_id}/moves")
    assert [(item["from_location"], item["to_location"]) for item in answer["items"]] == [("MIDDEN", "NOORD")]
    assert answer["items"][0]["patients"]["mean"] == pytest.approx(46.5)
    assert (answer["shown_share"], answer["left_out"]) == (1.0, 0)
    assert ask(api, f"{run_id}/moves", location="ZUID")["items"] == []
    assert ask(api, f"{run_id}/moves", area="GM0001")["left_out"] == 1
    assert "roaz" in refused(api, f"{run_id}/moves", region="Limburg")["message"]


def test_few_inhabitants_of_an_area_are_counted_and_not_told(api: Api, run_id: str) -> None:
    answer = ask(api, f"{run_id}/area-moves")
    # Five patients a year of GM0001 go elsewhere.
    assert [item["area"] for item in answer["items"]] == ["GM0002", "GM0003"]
    assert (answer["left_out"], answer["smallest"]) == (1, 10)
    assert answer["shown_share"] == pytest.approx(41 / 46.5)
    assert answer["items"][0]["extra_minutes"] == pytest.approx(20)


def test_areas_can_be_asked_by_the_score_of_their_inhabitants(api: Api, run_id: str) -> None:
    every = {item["area"] for item in ask(api, f"{run_id}/area-moves")["items"]}
    by_fifth = [
        {item["area"] for item in ask(api, f"{run_id}/area-moves", ses=fifth)["items"]}
        for fifth in range(1, 6)
    ]
    assert set().union(*by_fifth) == every
    assert sum(map(len, by_fifth)) == len(every)


def test_extra_waiting_is_that_of_who_goes_where_over_those_that_can_be_compared() -> None:
    rows = [
        (0, "oesophagus", "GM0002", "MIDDEN", "NOORD", 30),
        (0, "hip", "GM0002", "MIDDEN", "ZUID", 10),
    ]
    names = ("replication", "profile", "area", "from_location", "to_location", "patients")
    flows = pa.Table.from_pylist(
        [{**dict.fromkeys(SCHEMAS["flows"].names, 0), **dict(zip(names, row, strict=True))} for row in rows],
        schema=SCHEMAS["flows"],
    )
    waits = {
        ("MIDDEN", "oesophagus"): Wait(4.0, None),
        ("NOORD", "oesophagus"): Wait(3.0, 6.5),
        # The list there grows under the plan: there is no mean wait to compare with.
        ("MIDDEN", "hip"): Wait(5.0, 5.0),
        ("ZUID", "hip"): Wait(5.0, None),
    }
    found = moving.by_area(Counted(flows, 1, 52), make_dataset(), 2025, lambda *key: waits[key])
    assert [(line.extra_weeks, line.compared_share) for line in found.items] == [(2.5, 0.75)]


def test_a_missing_year_of_a_count_is_zero_and_of_a_mean_nothing() -> None:
    row = {"scenario": "plan", "replication": 1, "indicator": "volume", "total": 7, "count": 1}
    row |= dict.fromkeys(("location", "profile", "area", "pool", "band"), "")
    counted, mean = CATALOGUE["volume"], CATALOGUE["travel_mean"]
    for indicator, missing in ((counted, 0.0), (mean, None)):
        found = years.collect([row], (), indicator, make_dataset())
        [line] = years.lines(found, (), indicator, 2)
        assert line.baseline == [missing, missing]
        assert line.plan == [missing, 7 / indicator.scale]
    assert line.difference is None
    with pytest.raises(InvalidInput):
        years.indicator_of("growth_treatment", ())


def test_rows_of_a_stream_are_asked_by_both_its_ends(api: Api, run_id: str) -> None:
    found = ask(api, f"{run_id}/results/flows", from_location="MIDDEN", to_location="NOORD")
    assert len(found["items"]) == 30
    assert ask(api, f"{run_id}/results/flows", from_location="NOORD")["items"] == []
    assert "from_location" in refused(api, f"{run_id}/results/comparison", from_location="NOORD")["message"]
