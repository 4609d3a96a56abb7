"""Official borders of areas, where this installation fetched them."""
