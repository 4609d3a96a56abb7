"""Plan against actual: volumes that really happened beside what a finished calculation expected of each year."""
