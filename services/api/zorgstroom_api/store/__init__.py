"""The store: SQLite (one file, the default) or PostgreSQL. The database decides, the bus delivers."""
