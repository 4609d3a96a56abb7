"""What came out of a run: the impact analysis and the tables."""
