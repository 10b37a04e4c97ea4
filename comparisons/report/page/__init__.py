"""Draw a report as a page, in HTML and in Markdown."""
