"""What is known of a workshop, as documents that travel between the service, the screens and the report.

`SessionPlan` is what a facilitator prepares, `SessionState` where a session stands, `Outcome` what came out of it. An
`Answer` never leaves the service: it has a role and no name, and only `StepResults`, in which groups of fewer than five
are merged (`zorgstroom.workshop.results`), are shown to anybody.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from zorgstroom.text import Language

#: As what somebody takes part.
Role = Literal["resident", "municipality", "hospital", "insurer", "professional", "other"]
ROLES: tuple[Role, ...] = get_args(Role)
#: Text, predict a number, reveal, set the open levers, rank three and name a worry, discuss, agree.
StepKind = Literal["text", "number", "reveal", "levers", "ranking", "discuss", "agreements"]
STEP_KINDS: tuple[StepKind, ...] = get_args(StepKind)
#: Steps in which participants answer.
ASKING: frozenset[StepKind] = frozenset({"number", "levers", "ranking"})
#: What the screen in the room shows.
BeamerView = Literal["join", "text", "question", "summary", "compare", "results", "agreements"]
BEAMER_VIEWS: tuple[BeamerView, ...] = get_args(BeamerView)
NoteKind = Literal["for", "against", "question", "agreement", "open"]
NOTE_KINDS: tuple[NoteKind, ...] = get_args(NoteKind)
FeedbackStatus = Literal["adopted", "partly", "not_adopted"]
FEEDBACK: tuple[FeedbackStatus, ...] = get_args(FeedbackStatus)
Phase = Literal["prepare", "rehearsal", "live", "ended"]

MOST_SCENARIOS, MOST_LEVERS, MOST_OPTIONS, MOST_STEPS = 3, 3, 10, 20
#: So many of the options somebody ranks.
RANKED = 3

_Stripped = StringConstraints(strip_whitespace=True, min_length=1, max_length=120)
Title = Annotated[str, _Stripped]
Words = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000)]
Key = Annotated[str, StringConstraints(pattern="^[a-z0-9_-]{1,40}$")]
Finite = Annotated[float, Field(allow_inf_nan=False, ge=-1e9, le=1e9)]


class Part(BaseModel):
    """A part of a document: unknown keys are mistakes."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class LeverOption(Part):
    """A position of a lever: a value for its field; None: the action is left out."""

    label: Title
    value: Finite | None


class Lever(Part):
    """A lever that participants may use: one field of one action of the base scenario, with its positions.

    Without a `field` the lever is the action itself: its options are 1 (take part) and None (left out).
    """

    key: Key
    label: Title
    #: Position of the action in the list of the base scenario.
    action: Annotated[int, Field(ge=0, lt=200)]
    field: Annotated[str, Field(max_length=40)] = ""
    options: Annotated[list[LeverOption], Field(min_length=2, max_length=MOST_OPTIONS)]
    #: Position at which the lever stands before anybody touches it.
    start: Annotated[int, Field(ge=0)] = 0

    @model_validator(mode="after")
    def _starts_at_an_option(self) -> Self:
        if self.start >= len(self.options):
            raise ValueError("workshop_start")
        if len({option.value for option in self.options}) < len(self.options):
            raise ValueError("workshop_option_twice")
        return self


class Step(Part):
    """One step of the session, with what the room sees and what is asked."""

    id: Key
    kind: StepKind
    title: Title
    minutes: Annotated[int, Field(ge=1, le=240)] = 10
    #: What the screen in the room says, or the question.
    text: Words = ""
    beamer: BeamerView = "text"
    #: The scenario that the step is about, of those of the plan; None: the first.
    scenario: str | None = None
    #: Of a number: between which bounds, and which outcome of the model answers it.
    minimum: Finite = 0
    maximum: Finite = 60
    unit: Annotated[str, Field(max_length=40)] = ""
    indicator: Annotated[str, Field(max_length=80)] = ""
    #: Of a ranking: between what; empty: the scenarios.
    options: Annotated[list[Title], Field(max_length=12)] = []

    @model_validator(mode="after")
    def _bounds(self) -> Self:
        if self.kind == "number" and self.minimum >= self.maximum:
            raise ValueError("workshop_bounds")
        return self

    @property
    def asks(self) -> bool:
        """Whether participants answer in this step."""
        return self.kind in ASKING


class SessionPlan(Part):
    """What a facilitator prepares."""

    name: Title
    date: Annotated[dt.date, Field(ge=dt.date(2000, 1, 1), le=dt.date(2999, 12, 31))]
    #: Such as ``roaz:Euregio``; empty: the whole country.
    area: Annotated[str, Field(max_length=120)] = ""
    language: Language = "nl"
    #: For whom the facilitator works, in own words; no name is asked for.
    facilitator: Annotated[str, Field(max_length=120)] = ""
    #: Ids of the scenarios that are compared.
    scenarios: Annotated[list[str], Field(max_length=MOST_SCENARIOS)] = []
    #: The scenario that the levers change; None: the first.
    base: str | None = None
    levers: Annotated[list[Lever], Field(max_length=MOST_LEVERS)] = []
    steps: Annotated[list[Step], Field(min_length=1, max_length=MOST_STEPS)]
    roles: Annotated[list[Role], Field(min_length=1, max_length=len(ROLES))] = list(ROLES)
    #: Simulated years of every combination.
    years: Annotated[int, Field(ge=1, le=50)] = 5

    @model_validator(mode="after")
    def _unique(self) -> Self:
        for names in (
            [step.id for step in self.steps],
            [lever.key for lever in self.levers],
            self.scenarios,
            self.roles,
        ):
            if len(set(names)) < len(names):
                raise ValueError("workshop_twice")
        return self

    def step(self, step_id: str) -> Step:
        """Return the step with this id; `KeyError` without one."""
        return {step.id: step for step in self.steps}[step_id]


class Calculated(Part):
    """The calculation of one combination of lever positions, or why it cannot be carried out."""

    scenario_id: str | None = None
    run_id: str | None = None
    problem: str = ""


class Answer(Part):
    """What one participant answered in one step; only what its kind asks for is filled in."""

    role: Role
    number: Finite | None = None
    #: Position per lever; a lever that was not touched is missing.
    choice: dict[str, int] | None = None
    #: Positions in the options of the step, most wanted first.
    ranking: Annotated[list[int], Field(max_length=RANKED)] | None = None
    worry: Annotated[str, Field(max_length=500)] = ""


class GroupResult(Part):
    """The answers of people of one role, or of several that are merged because they are few.

    No roles: everybody together.
    """

    roles: list[Role]
    count: int
    #: Middle of the numbers.
    middle: float | None = None
    #: Points per option of a ranking: three for the first, two for the second, one for the third; and first places.
    points: list[int] = []
    firsts: list[int] = []


class LeverSpread(Part):
    """Where a lever was put: positions in its options."""

    lever: str
    lowest: int | None = None
    middle: int | None = None
    highest: int | None = None
    #: How often each option was chosen.
    counts: list[int]
    untouched: int = 0


class Hands(Part):
    """Hands that the facilitator counted in the room, per option of a ranking."""

    step: str
    counts: Annotated[list[Annotated[int, Field(ge=0, le=2000)]], Field(max_length=12)]


class StepResults(Part):
    """What came out of one step, without anything about one person of a known role."""

    step: str
    answers: int
    #: Everybody together, then per role.
    everyone: GroupResult
    groups: list[GroupResult] = []
    #: All numbers, from low to high.
    numbers: list[float] = []
    levers: list[LeverSpread] = []
    #: Combinations of lever positions, as in `Combination.key`, with how many sent them in; most first.
    combinations: list[tuple[str, int]] = []
    #: In own words, in alphabetical order and without a role.
    worries: list[str] = []


class NewNote(Part):
    """What is written down during a session."""

    kind: NoteKind
    text: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000)]
    #: Who does it, for agreements.
    responsible: Annotated[str, Field(max_length=120)] = ""
    step: Annotated[str, Field(max_length=40)] = ""


class Note(NewNote):
    """A note that is kept."""

    id: int
    at: dt.datetime


class Feedback(Part):
    """What was done with what participants said in a step."""

    step: str
    status: FeedbackStatus
    reason: Words = ""


class SessionInfo(Part):
    """A session as a list shows it."""

    code: str
    name: str
    date: dt.date
    phase: Phase
    participants: int = 0


class SessionState(SessionInfo):
    """Where a session stands, for its facilitator."""

    plan: SessionPlan
    combinations: dict[str, Calculated] = {}
    #: Position in the steps of the plan.
    step: int = 0
    #: Seconds that the step has taken, without pauses, at the moment of the answer.
    elapsed: float = 0.0
    paused: bool = False
    joining_open: bool = True
    beamer: BeamerView = "join"
    black: bool = False
    #: Ids of steps whose answers are shown, and whose round is closed.
    revealed: list[str] = []
    closed: list[str] = []
    #: Answers per id of a step.
    answers: dict[str, int] = {}
    notes: list[Note] = []
    hands: list[Hands] = []
    feedback: list[Feedback] = []
    #: When the answers are deleted by themselves; None: they are gone already.
    answers_kept_until: dt.date | None = None
    #: Where participants join and what the screen in the room opens, as phones reach this service.
    join_address: str = ""
    beamer_address: str = ""

    @property
    def current(self) -> Step:
        """The step that the room is at."""
        return self.plan.steps[self.step]


class Outcome(Part):
    """What came out of a session, without a single answer."""

    code: str
    plan: SessionPlan
    participants: int
    #: How many took part per role; roles of fewer than five are merged.
    roles: list[GroupResult]
    results: list[StepResults]
    notes: list[Note]
    hands: list[Hands]
    feedback: list[Feedback]
    combinations: dict[str, Calculated] = {}
    #: Names of the scenarios by their id.
    names: dict[str, str] = {}
    #: Whether this was a rehearsal with made-up answers.
    rehearsal: bool = False
    answers_deleted: bool = False


class NewSession(Part):
    """A session that was made. The secret of its facilitator is told this once; only its hash is kept."""

    code: str
    secret: str


class Steering(Part):
    """What a facilitator changes during a session; only what is filled in.

    Moving to another step closes the round of the one before. `close`, `open`, `reveal` and `hide` name a step: to
    reveal is to close too, to open takes back both.
    """

    phase: Phase | None = None
    step: Annotated[int, Field(ge=0, lt=MOST_STEPS)] | None = None
    paused: bool | None = None
    joining_open: bool | None = None
    beamer: BeamerView | None = None
    black: bool | None = None
    close: Key | None = None
    open: Key | None = None
    reveal: Key | None = None
    hide: Key | None = None

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("workshop_nothing")
        return self


class Preparation(Part):
    """How far the calculations are that a session looks up: of the combinations, and of the scenarios."""

    total: int
    ready: int
    #: Those that cannot be carried out or went wrong.
    failed: int
    #: So many that it takes long.
    many: bool
    #: Until all are ready, by how long runs lately took; None: unknown.
    expected_seconds: float | None
    combinations: dict[str, Calculated] = {}
    scenarios: dict[str, Calculated] = {}

    @property
    def complete(self) -> bool:
        """Whether nothing is waited for any more."""
        return self.ready + self.failed == self.total
