"""A mixed-integer program, filled row by row and solved by HiGHS: one thread and a fixed seed, so always the same."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from zorgstroom.errors import ZorgstroomError
from zorgstroom.planning.expected import FloatArray

Status = Literal["optimal", "stopped", "infeasible", "unknown"]
#: Two answers that differ by less than this part are equally good.
RELATIVE_GAP = 1e-6


class NoSolver(ZorgstroomError):
    """HiGHS is not installed."""

    key = "design.no_solver"


@dataclass(frozen=True)
class Solved:
    """What came out: values per column if there is any answer, its objective, and what none can be below."""

    status: Status
    values: FloatArray | None
    objective: float
    bound: float


@dataclass
class Program:
    """Columns with costs and bounds, rows with limits; to be minimised."""

    costs: list[float] = field(default_factory=list)
    _low: list[float] = field(default_factory=list)
    _high: list[float] = field(default_factory=list)
    _whole: list[bool] = field(default_factory=list)
    _row_low: list[float] = field(default_factory=list)
    _row_high: list[float] = field(default_factory=list)
    _starts: list[int] = field(default_factory=lambda: [0])
    _columns: list[int] = field(default_factory=list)
    _values: list[float] = field(default_factory=list)

    def column(
        self, cost: float = 0.0, low: float = 0.0, high: float = math.inf, *, whole: bool = False
    ) -> int:
        """Add a column; return its number."""
        self.costs.append(cost)
        self._low.append(low)
        self._high.append(high)
        self._whole.append(whole)
        return len(self.costs) - 1

    def row(self, low: float, terms: Sequence[tuple[int, float]], high: float) -> None:
        """Add a row: low <= sum of factor times column <= high."""
        self._row_low.append(low)
        self._row_high.append(high)
        for column, factor in terms:
            if factor:
                self._columns.append(column)
                self._values.append(factor)
        self._starts.append(len(self._columns))

    def solve(self, seconds: float, start: Sequence[tuple[int, float]] = ()) -> Solved:
        """Return the best answer; `start` gives values of the whole columns to begin with.

        Raises NoSolver if HiGHS is not installed.
        """
        try:
            import highspy  # noqa: PLC0415 - an optional part, and slow to load
        except ModuleNotFoundError as error:
            raise NoSolver() from error
        solver: Any = highspy.Highs()  # type: ignore[no-untyped-call]
        solver.setOptionValue("output_flag", False)
        solver.setOptionValue("threads", 1)
        solver.setOptionValue("random_seed", 1)
        solver.setOptionValue("time_limit", float(seconds))
        solver.setOptionValue("mip_rel_gap", RELATIVE_GAP)
        solver.setOptionValue("mip_abs_gap", 1e-9)
        solver.passModel(self._model(highspy))
        if start:
            columns = np.array([column for column, _ in start], dtype=np.int32)
            solver.setSolution(len(start), columns, np.array([value for _, value in start], dtype=np.float64))
        solver.run()
        status, info = solver.getModelStatus(), solver.getInfo()
        kinds = highspy.HighsModelStatus
        if status in (kinds.kInfeasible, kinds.kUnboundedOrInfeasible):
            return Solved("infeasible", None, math.inf, math.inf)
        has_answer = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
        values = np.array(solver.getSolution().col_value) if has_answer else None
        bound = float(info.mip_dual_bound) if any(self._whole) else float(info.objective_function_value)
        if status == kinds.kOptimal and has_answer:
            return Solved("optimal", values, float(info.objective_function_value), bound)
        objective = float(info.objective_function_value) if has_answer else math.inf
        return Solved("stopped" if has_answer else "unknown", values, objective, bound)

    def _model(self, highspy: Any) -> Any:
        model = highspy.HighsLp()
        model.num_col_, model.num_row_ = len(self.costs), len(self._row_low)
        model.col_cost_ = np.array(self.costs)
        model.col_lower_, model.col_upper_ = np.array(self._low), np.array(self._high)
        model.row_lower_, model.row_upper_ = np.array(self._row_low), np.array(self._row_high)
        kinds = highspy.HighsVarType
        model.integrality_ = [kinds.kInteger if whole else kinds.kContinuous for whole in self._whole]
        matrix = model.a_matrix_
        matrix.format_ = highspy.MatrixFormat.kRowwise
        matrix.start_ = np.array(self._starts, dtype=np.int32)
        matrix.index_ = np.array(self._columns, dtype=np.int32)
        matrix.value_ = np.array(self._values)
        return model
