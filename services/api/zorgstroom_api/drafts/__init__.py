"""Drafts: scenarios that somebody is still working on, until they are kept or forgotten."""
