"""What is judged: torch code beside the graph whose adjoints it should have."""
