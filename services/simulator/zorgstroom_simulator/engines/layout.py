"""What compiled rules and the engine around them agree on: plain numbers, and the number of every column."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from zorgstroom.domain.calendar import MINUTES_PER_DAY
from zorgstroom.domain.hospital import TREATMENT_LISTS
from zorgstroom_simulator import engines
from zorgstroom_simulator.engines import Care, NextFull, Stage, State, WhenFull
from zorgstroom_simulator.engines.columns import column_of

# Compiled functions hold these as constants.
NEVER = int(engines.NEVER)
DAY = MINUTES_PER_DAY
ADM = TREATMENT_LISTS.index("adm")
ABSENT, AWAITING_VISIT, WORK_UP = int(State.ABSENT), int(State.AWAITING_VISIT), int(State.WORK_UP)
AWAITING_TREATMENT, IN_TREATMENT = int(State.AWAITING_TREATMENT), int(State.IN_TREATMENT)
DONE, LOST = int(State.DONE), int(State.LOST)
NOTHING, DAY_PLACE, BED, IC_THEN_BED = (int(care) for care in Care)
AWAITS_VISIT, IN_WORK_UP, ON_LIST = int(Stage.AWAITS_VISIT), int(Stage.IN_WORK_UP), int(Stage.ON_LIST)
WAIT, LOSE = int(WhenFull.WAIT), int(WhenFull.LOSE)
OVER, KEEPS_BED = int(NextFull.OVER), int(NextFull.BLOCK)
#: Kinds of events that have buckets: by minute, and by day for who waits for a date.
LEAVES, LEAVES_IC, WORKED_UP = range(3)
VISIT_DATE, TREATMENT_DATE = range(2)
NOBODY = -1
#: Places a sorted list has room for at first.
FIRST_ROOM = 8

#: Three families of sorted lists of patients, each list a block in one pool that is doubled when it is full.
TREATMENT, CLINIC, BED_LINES = 0, 6, 12
POOL, BLOCK, ROOM, FIRST, LENGTH, FREE = range(6)
#: The rules, by number, so that nothing is frozen into the compiled code.
RULES = 18
(
    RULE_LOOK_AHEAD, RULE_CHANGE_OVER, RULE_RESERVE_PERMILLE, RULE_RESERVE_MIN, RULE_IC_RESERVE,
    RULE_OUTLIER_PERMILLE, RULE_DIVERSION_DELAY, RULE_DISCHARGE_MINUTE, RULE_DAY_TURNS_PERMILLE,
    RULE_WHEN_FULL, RULE_NEXT_FULL, RULE_PLANNING_MINUTE, RULE_CLINIC_MINUTE, RULE_END,
) = range(14)  # fmt: skip
#: The patients: columns of `PatientTable`; ASSIGNED is the location in the present epoch, LINE the line in his clinic.
(
    MINUTE, ACUTE, VISIT_ONLY, STAGE, ASSIGNED, DIVERSIONS, SPECIALTY, WEIGHT, VISIT_DUE, TARGET,
    TREATMENT_LIST, CARE, WARD_GROUP, IC_TYPE, URGENCY, STAY_MINUTES, NIGHTS, PROCEDURE_MINUTES, IC_MINUTES, LINE,
) = range(19, 39)  # fmt: skip
#: The journeys: columns of `Journeys`.
(
    STATE, VISIT_LOCATION, VISIT_MINUTE, LIST_MINUTE, AT, BED_MINUTE, ADMISSION, IC_LEAVE, DISCHARGE,
    BED_GROUP, DIVERSION, BOARDED, OUTLIER, OVER_CAPACITY,
) = range(39, 53)  # fmt: skip
#: The pools of the locations and what is in use; budgets [L, lists, then day places, then clinics] in four parts.
(
    QUEUED, BEDS, BEDS_USED, OUTLIERS, IC_BEDS, IC_USED, DAY_PLACES, LIST_CAPACITY, CLINIC_CAPACITY,
    ACUTE_MINUTES, ACUTE_DAY_PLACES, TRANSFER_MINUTES, OUTLIER_GROUPS,
    BALANCE, FRACTION, FULL, KEPT,
) = range(53, 70)  # fmt: skip
#: Events to come: the first patient of a minute or day, and of each patient the next one and the one before.
(
    BY_MINUTE, BY_DAY, FOLLOWING, PREVIOUS, DATE, DATE_KIND, NEXT_WORKING_DAY, AFTER_WORK_UP, BUFFER, EXECUTED,
) = range(70, 80)  # fmt: skip
#: Who waits: due on a treatment list, lines per published wait, rows per clinic, minute of joining a line for a bed.
DUE, FIRST_LINE, LINE_WAIT, WAITING, JOINED = range(80, 85)
COLUMNS = 85

#: All columns, by address; see `columns`.
Addresses = npt.NDArray[np.int64]
int8, int16, int32, int64 = (column_of(kind) for kind in (np.int8, np.int16, np.int32, np.int64))
flag = column_of(np.bool_)
int16_table, int32_table, int64_table = (column_of(kind, 2) for kind in (np.int16, np.int32, np.int64))
