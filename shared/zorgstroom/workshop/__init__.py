"""Workshops: what a facilitator prepares, what participants answer, and what comes out, as pure functions."""
