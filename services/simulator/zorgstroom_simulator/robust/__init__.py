"""How much the outcome depends on figures nobody knows for certain: the robustness run.

`dimensions` says what is drawn and how far, `hypercube` draws, `perturbation` makes the other facts, `work`
simulates one draw in a process of its own, `conclusions` says what the run concluded and whether a draw agrees,
`drivers` which figures matter, and `robustness` puts it together for a report.
"""
