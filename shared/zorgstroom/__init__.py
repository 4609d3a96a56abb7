"""Zorgstroom: what the services share.

The data flows one way: dataset -> demand -> engine -> indicators -> events -> store -> screens.
This package holds the words (`domain`), the figures (`dataset`), the plans (`planning`), the
definitions of what is measured (`indicators`), the messages (`events`) and the reports (`reporting`).
It imports none of the services.
"""

__version__ = "0.1.0"

#: Part of the key of every result: a change of a rule of the model, or of what is measured, is a new number.
MODEL_VERSION = f"{__version__}+model.2"
