"""What else leans on a unit or on care that a plan moves: rules of the dataset, and what they find in a plan."""

from zorgstroom.planning.dependencies.rules import Finding, knock_on
from zorgstroom.planning.dependencies.situation import Situation, expected_situations, situations

__all__ = ["Finding", "Situation", "expected_situations", "knock_on", "situations"]
