"""Runs next to each other, when they can be compared."""
