"""Make subjects of users' own code, and write its calls as text."""
