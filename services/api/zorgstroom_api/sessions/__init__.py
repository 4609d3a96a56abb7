"""Workshops: steered by a facilitator over the API, taken part in by telephone on plain pages.

Everything is in the database, so that any process may stop and start at any moment. Answers are anonymous: there is
no name, no address and no device with them, only a role and the hash of what a cookie of that session holds.
"""
