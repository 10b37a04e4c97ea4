"""What users bring: their own code, and how it is called in what is shown."""
