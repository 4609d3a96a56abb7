"""An organisation's own figures: a template to fill in, how it is read and judged, and the dataset it makes.

Own figures win over the defaults of the dataset; whatever is left empty keeps its default. The way of a
figure: `template` -> (a planner fills it in) -> `sheets`, `workbook` -> `reading` -> `judging` ->
`importing`, with `zorgstroom.planning.own` for what follows from it.
"""
