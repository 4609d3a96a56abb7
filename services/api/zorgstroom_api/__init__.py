"""The service that keeps what is asked and what came out, and hands it to screens, reports and notebooks.

store        tables, transactions, migrations: SQLite or PostgreSQL
outbox       what must go to the bus, written in the transaction that decided it
projector    events from the bus into the store
reaper       runs whose simulator went silent are asked for again
scenarios, runs, results, comparisons, datasets, reports, health: one folder per noun
"""

#: Version of the HTTP interface (SemVer), sent with every answer.
API_VERSION = "1.0.0"
#: Where the major version of the interface lives.
PREFIX = "/v1"
#: How the service names itself as the source of events.
SOURCE = "zorgstroom/api"
