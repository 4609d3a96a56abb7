"""The model proves itself: against theory, by its invariants, and beside national figures."""
