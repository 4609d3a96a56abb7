"""Plans and expected values, without patients: pure functions on the dataset's arrays.

plan        what a scenario changes: who stops, who receives, which capacity
check       whether a scenario can work, before anything runs
expected    demand of areas and shares of locations
travel      minutes from areas to locations
baseline    offers, attraction and capacities of today, derived
durations   quantile tables of stays and operations
comparison  means, intervals and paired differences over replications
"""
