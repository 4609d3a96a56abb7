"""Runs: asked for, followed, cancelled."""
