"""Scenario documents: kept under the hash of their content."""
