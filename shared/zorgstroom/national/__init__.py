"""The national method of the impact analysis of tranche 1 (2024): what every Dutch region knows, reproduced.

Method after SiRM, impact analysis of concentration and spreading, tranche 1 (January 2025). The way of a figure:
`template` -> (a planner fills it in) -> `reading` -> `case` -> `redistribution` (with `catchment`), then `impact`
(with `proxies` and `measures`) and `travel` -> `outcome` -> `tables`. Everything in between is exact: fractions, no
floats; rounding is the last thing that happens.
"""
