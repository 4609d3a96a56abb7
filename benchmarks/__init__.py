"""How fast Zorgstroom is; run with ``make bench``."""
