"""The facilitator's screen of a workshop: prepare, try out the room, lead, and what came out."""
