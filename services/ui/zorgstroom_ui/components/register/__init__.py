"""Aannames: the register of everything that goes into the model, to search and to open."""
