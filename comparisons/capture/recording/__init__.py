"""torch's operations taken down while they run; what each means is in `rules`."""
