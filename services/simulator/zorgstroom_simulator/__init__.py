"""The simulator: patients from every area flow to hospitals, wait, are treated, are diverted, travel.

demand      which patients there are (never depends on who offers what)
choice      which location each goes to, in the baseline and under a plan
engines     the queues: patients in, journeys out, in integer minutes
measure     indicators from journeys, as integer sums
experiment  replications of baseline and plan on the same patients
calibrate   the derived tables of a dataset: offers, attraction, capacities, durations
"""
