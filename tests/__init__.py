"""Tests. A package, because some libraries install one of the same name."""
