"""Sum up the rows of a report as tables and sentences."""
