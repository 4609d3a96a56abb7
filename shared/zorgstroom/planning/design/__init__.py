"""The plan designer: which locations should provide a kind of care, by optimisation; a proposal, never a decision.

`request` reads what is asked; `case` turns one profile of it into arrays; `outcome` says what sets of locations do,
by the rules of the expected flows; `exhaustive` judges all sets, `nearest_program` searches by mixed-integer
optimisation, `local_search` looks around; `choosing` combines profiles that share capacity; `conflict` names
demands that cannot hold together; `designing` chooses among these; `proposal` makes the plan and its document.
"""
