"""Regiobeeld: a region as it is today, and the demand for care to come."""
