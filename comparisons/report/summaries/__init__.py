"""What the rows of a report come to: tables and sentences, made of rows alone."""
