"""What is measured: the KPI catalogue."""
