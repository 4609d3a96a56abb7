"""Scenario maken: a scenario document, edited by clicking. Nothing of the document is lost on the way.

`documents` and `history` know the document and the way back; `desk` keeps what a visitor works on; `facts` is
what there is today; `fields` and `hospitals` are the levers, `choices` and `circumstances` put them together;
`outlook` shows what is expected; `keeping` saves, runs and compares versions; `page` is the whole.
"""
