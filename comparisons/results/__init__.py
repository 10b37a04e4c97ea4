"""What a comparison found: adjoints, tables of engines, mismatches, reproductions."""
