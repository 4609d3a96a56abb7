"""The services on a real Kafka and PostgreSQL, as many people use them at once.

Needs what the tests need (Java, Maven, PostgreSQL): ``make bench-services``.
"""
