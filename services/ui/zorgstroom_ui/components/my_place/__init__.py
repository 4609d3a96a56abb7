"""Mijn gemeente: what a plan means for who lives in one place."""
