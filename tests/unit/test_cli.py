"""The command line: what a user sees when something is right, wrong, unknown or broken."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click
import pytest

from zorgstroom import __version__, cli
from zorgstroom.cli_options import language_option, localised, requested_language
from zorgstroom.errors import NotFound
from zorgstroom.scenario_file import example_scenarios, schema_text
from zorgstroom.settings import Settings
from zorgstroom.text import LANGUAGES, Language, catalogue

pytestmark = pytest.mark.unit

Capture = pytest.CaptureFixture[str]

WRONG = """\
zorgstroom: 1
name: Fout plan
region: {roaz: Euregio}
actions:
  - concentrate:
      profiles: [oesofagus]
      at:
        - MST
        - ZGT-AM
"""


@pytest.fixture
def plan(tmp_path: Path) -> Callable[[str], Path]:
    def write(text: str) -> Path:
        path = tmp_path / "plan.yaml"
        path.write_text(text, "utf-8")
        return path

    return write


def test_without_command_it_explains_itself(capsys: Capture) -> None:
    assert cli.run([]) == 0
    text = capsys.readouterr().out
    assert "Gebruik: zorgstroom [OPTIES]" in text
    assert all(f"\n  {name} " in text for name in cli.COMMANDS)
    assert cli.run(["--lang", "en", "--help"]) == 0
    assert "Check scenarios without simulating anything." in capsys.readouterr().out


def test_version(capsys: Capture) -> None:
    assert cli.run(["--version"]) == 0
    assert __version__ in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["validte"], "De opdracht 'validte' bestaat niet. Bedoelt u 'validate'?"),
        (["xyzzy"], "De opdracht 'xyzzy' bestaat niet. Mogelijk: up, run,"),
        (["validate", "--regio", "x"], "De optie '--regio' bestaat niet. Bedoelt u '--region'?"),
        (["validate"], "'BESTAND...' ontbreekt."),
        (["calibrate", "a", "b", "c"], "Hier hoort niets meer achter: 'b c' is te veel."),
        (["calibrate", "a", "b", "--lang", "en"], "Nothing more belongs here: 'b' is too much."),
        (["run", "x", "--seed", "-1"], "moet een getal zijn: ≥ 0, ≤ 9223372036854775807."),
        (["validate", "--lang", "fr", "x"], "De waarde bij '--lang' kan niet. Mogelijk: nl, en."),
        (["validate", "--lang=en", "--nope"], "The option '--nope' does not exist."),
    ],
)
def test_mistakes_on_the_command_line_in_words(arguments: list[str], message: str, capsys: Capture) -> None:
    assert cli.run(arguments) == 2
    captured = capsys.readouterr()
    assert message in captured.err
    assert captured.out == ""


def test_every_command_has_its_line_in_both_languages() -> None:
    for language in LANGUAGES:
        assert all(f"cli.help.{name}" in catalogue(language) for name in cli.COMMANDS)
    assert set(cli.COMMANDS) == set(cli.OWN_COMMANDS) | set(cli.SERVICE_COMMANDS)


def test_every_command_loads_and_explains_itself(capsys: Capture) -> None:
    for name in cli.COMMANDS:
        assert cli.run([name, "--help"]) == 0, name
        assert f"Gebruik: zorgstroom {name}" in capsys.readouterr().out


def test_validate_imports_no_service(plan: Callable[[str], Path]) -> None:
    """Checking a plan must not wait for the screens, the web server or the simulator."""
    code = (
        "import sys; from zorgstroom import cli; code = cli.run(sys.argv[1:]);"
        "heavy = {'streamlit', 'fastapi', 'sqlalchemy', 'simpy', 'kafka', 'zorgstroom_api', 'zorgstroom_ui',"
        " 'zorgstroom_simulator'} & set(sys.modules); sys.exit(repr(heavy) if heavy else code)"
    )
    example = example_scenarios()[1]
    path = plan(example.text)
    done = subprocess.run(
        [sys.executable, "-c", code, "validate", str(path)], capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    assert done.returncode == 0


# What goes wrong in a command


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], None]], None]:
    """Return a way to let the command ``up`` do something else."""

    def replace(body: Callable[[], None]) -> None:
        made = click.Command("up", callback=body)
        monkeypatch.setattr(cli, "load_command", lambda name: made)

    return replace


def test_error_of_ours_is_text_and_its_exit_code(
    command: Callable[[Callable[[], None]], None], capsys: Capture
) -> None:
    def body() -> None:
        raise NotFound(what="Run", name="x")

    command(body)
    assert cli.run(["--lang", "en", "up"]) == NotFound.exit_code
    assert capsys.readouterr().err == "Run 'x' does not exist.\n"


def test_ctrl_c_ends_with_one_line(command: Callable[[Callable[[], None]], None], capsys: Capture) -> None:
    def body() -> None:
        raise KeyboardInterrupt

    command(body)
    assert cli.run(["up"]) == 130
    assert capsys.readouterr().err.strip() == "Gestopt."


def test_defect_is_one_line_and_a_log_or_with_debug_a_traceback(
    command: Callable[[Callable[[], None]], None],
    capsys: Capture,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    def body() -> None:
        raise ZeroDivisionError("oeps")

    command(body)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert cli.run(["up"]) == 1
    message = capsys.readouterr().err
    [log] = tmp_path.glob("zorgstroom-*.log")
    assert str(log) in message
    assert "Traceback" not in message
    assert "ZeroDivisionError: oeps" in log.read_text("utf-8")
    assert cli.run(["--debug", "up"]) == 1
    assert "Traceback" in capsys.readouterr().err
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("JOBS", "veel", "Het moet een getal zijn."),
        ("JOBS", "0", "Het moet ≥ 1 zijn."),
        ("LOG_FORMAT", "xml", "Mogelijk: text, json."),
    ],
)
def test_wrong_setting_is_named_with_what_is_allowed(
    command: Callable[[Callable[[], None]], None],
    capsys: Capture,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    value: str,
    said: str,
) -> None:
    command(lambda: print(Settings().jobs))
    monkeypatch.setenv(f"ZORGSTROOM_{name}", value)
    assert cli.run(["up"]) == 2
    assert capsys.readouterr().err == f"De instelling ZORGSTROOM_{name} klopt niet: {value}. {said}\n"


@pytest.mark.parametrize("below", ["", "deeper/still"])
def test_folder_for_the_data_that_cannot_be_used_is_named(
    tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch, below: str
) -> None:
    taken = tmp_path / "taken"
    taken.write_text("a file", "utf-8")
    monkeypatch.setenv("ZORGSTROOM_DATA_DIR", str(taken / below))
    assert cli.run(["keys", "list"]) == 1
    assert cli.run(["--lang", "en", "simulator"]) == 1
    dutch, english = capsys.readouterr().err.splitlines()
    assert dutch.startswith(f"De map voor gegevens is niet te gebruiken: {taken}")
    assert english.startswith(f"The folder for the data cannot be used: {taken}")


def test_the_api_does_not_start_with_an_address_of_the_bus_that_can_never_work(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "zorgstroom", "api", "--port", "0"],
        env={**os.environ, "ZORGSTROOM_DATA_DIR": str(tmp_path), "ZORGSTROOM_BUS_URL": "kafka//x"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("Het adres van de berichtenbus 'kafka//x' klopt niet")
    assert len(done.stderr.splitlines()) == 1


def test_part_that_is_not_installed_is_named(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli, "entry_points", lambda **_: ())
    assert cli.run(["ui"]) == 1
    told = capsys.readouterr().err
    assert 'pip install "zorgstroom[all]"' in told
    assert "In een kopie van het project: make run." in told


# Language


def test_language_from_argument_setting_and_default(monkeypatch: pytest.MonkeyPatch) -> None:
    assert requested_language([]) == "nl"
    assert requested_language(["validate", "--lang", "en"]) == "en"
    assert requested_language(["--lang"]) == "nl"
    monkeypatch.setenv("ZORGSTROOM_LANG", "en")
    assert requested_language([]) == "en"
    assert requested_language(["--lang=nl"]) == "nl"


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [([], "nl"), (["--lang", "en"], "en"), (["sub"], "nl"), (["sub", "--lang", "en"], "en")],
)
def test_language_option_gives_the_command_its_language(arguments: list[str], expected: Language) -> None:
    heard: list[Language] = []

    @click.group(invoke_without_command=True)
    @language_option
    @click.pass_context
    def top(ctx: click.Context, lang: Language) -> None:
        if ctx.invoked_subcommand is None:
            heard.append(lang)

    @top.command()
    @language_option
    def sub(lang: Language) -> None:
        heard.append(lang)

    top.main(arguments, standalone_mode=False)
    assert heard == [expected]


def test_localised_leaves_the_original_alone() -> None:
    option = click.Option(["--seed"], help="cli.help.lang", default=3, show_default=True)
    original = click.Command("proef", params=[option], help="cli.help.validate")
    made = localised(original, "nl")
    text = made.get_help(made.context_class(made, info_name="proef"))
    assert catalogue("nl")["cli.help.validate"] in text
    assert "[standaard: 3]" in text
    assert original.help == "cli.help.validate"
    assert option.help == "cli.help.lang"


# validate


def test_validate_names_every_mistake_with_its_line(plan: Callable[[str], Path], capsys: Capture) -> None:
    path = plan(WRONG)
    assert cli.run(["validate", str(path)]) == 1
    assert capsys.readouterr().err.splitlines() == [
        f"{path}:6: Zorgprofiel 'oesofagus' is niet bekend. Bedoelt u 'oesophagus'?",
        f"{path}:9: Locatie 'ZGT-AM' is niet bekend. Bedoelt u 'ZGT-AL'?",
        "2 fouten gevonden.",
    ]


def test_validate_in_english_and_json(plan: Callable[[str], Path], capsys: Capture) -> None:
    path = plan(WRONG)
    assert cli.run(["validate", "--json", "--lang", "en", str(path)]) == 1
    [record] = json.loads(capsys.readouterr().out)
    assert record["valid"] is False
    assert [problem["pointer"] for problem in record["problems"]] == [
        "/actions/0/concentrate/profiles/0",
        "/actions/0/concentrate/at/1",
    ]
    assert record["problems"][0]["where"] == f"{path}:6"
    assert "is not known. Do you mean 'oesophagus'?" in record["problems"][0]["message"]


def test_validate_says_what_examples_do(capsys: Capture) -> None:
    paths = [str(item.path) for item in example_scenarios()]
    assert cli.run(["validate", *paths]) == 0
    text = capsys.readouterr().out
    assert text.count(": in orde.") == len(paths)
    assert "Slokdarmresectie weg bij ZGT Almelo" in text
    assert "Operatiekamers bij SKB Winterswijk: van " in text
    assert "bezoeken per jaar: Eerste polikliniekbezoek weg bij SKB Winterswijk" in text


def test_validate_counts_patients_as_the_dataset_does(capsys: Capture) -> None:
    example = next(item for item in example_scenarios() if item.slug.startswith("02"))
    assert cli.run(["validate", "--json", str(example.path)]) == 0
    [record] = json.loads(capsys.readouterr().out)
    assert record["valid"] is True
    assert {row["profile"] for row in record["leaving"]} == {"oesophagus", "stomach", "pancreas"}
    assert all(row["patients_per_year"] > 0 for row in record["leaving"])


def test_validate_goes_on_after_a_missing_file(capsys: Capture) -> None:
    good = example_scenarios()[0].path
    assert cli.run(["validate", "weg.yaml", str(good)]) == 1
    captured = capsys.readouterr()
    assert "weg.yaml: Dit bestand bestaat niet." in captured.err
    assert ": in orde." in captured.out


def test_postcodes_without_a_file_are_asked_for_in_words(tmp_path: Path, capsys: Capture) -> None:
    assert cli.run(["dataset", "pc4", "--out", str(tmp_path / "uit")]) == 1
    assert capsys.readouterr().err.splitlines() == [
        "Geef een bestand met inwoners per postcode, of --from-cbs, en niet allebei."
    ]


def test_validate_for_a_region(capsys: Capture) -> None:
    good = str(example_scenarios()[0].path)
    assert cli.run(["validate", "--region", "roaz:Limburg", good]) == 0
    assert cli.run(["validate", "--region", "roaz:Limbrug", good]) == 1
    assert "Bedoelt u 'Limburg'?" in capsys.readouterr().err


def test_validate_shows_the_schema(capsys: Capture) -> None:
    assert cli.run(["validate", "--schema"]) == 0
    assert capsys.readouterr().out == schema_text()


def test_a_library_that_an_older_installation_lacks_is_named_with_what_installs_it(
    tmp_path: Path,
) -> None:
    lacking = "import sys; sys.modules['uvicorn'] = None; from zorgstroom.cli import main; main(['api', '--lang=en'])"
    done = subprocess.run(
        [sys.executable, "-c", lacking],
        env={**os.environ, "ZORGSTROOM_DATA_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("'api' needs a part that is not installed (uvicorn)")
    assert "make run" in done.stderr
