"""Make reports: measure the jobs, keep the data, sum them up, draw the page."""
