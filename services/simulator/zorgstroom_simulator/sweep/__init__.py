"""Sweeps: many variants of one scenario on the same patients, as one table."""
