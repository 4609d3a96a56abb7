"""Queueing theory: what is known exactly, or well approximated, about waiting and refusal without simulating.

Words: a *load* is the mean number of patients present if nobody ever waited or was refused (erlang: arrivals per
minute x mean minutes of service); a *server* is a bed, a room or a slot; *utilisation* is load over servers.

`formulas` are closed formulas and recursions, `markov` solves small networks exactly, `batch` solves a clinic that
sees its patients once a day. Pure functions in any unit of time (all arguments of one call in the same unit);
a system that has no steady state is refused with ValueError. The engine is tested against these (`tests/theory`), and
the load before a run is shown with them.
"""
