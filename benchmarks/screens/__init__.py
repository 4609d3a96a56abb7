"""How quick the screens are, for one visitor and for a room of people."""
