"""From a number of a result to what is behind it: its simulated years, and who moves from where to where."""
