"""Reports: what is measured for one, its data, what they come to, and the page."""
