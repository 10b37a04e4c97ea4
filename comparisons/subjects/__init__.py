"""Make the subject that is judged from a name or a user's code: torch code and its graph."""
