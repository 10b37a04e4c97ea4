"""What is judged: torch code beside the graph whose adjoints it should have, from a name or a user."""
