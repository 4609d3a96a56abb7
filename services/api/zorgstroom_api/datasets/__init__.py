"""What a run is made on: places, care profiles, sources."""
