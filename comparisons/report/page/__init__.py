"""How a report is drawn: its page as HTML and as Markdown."""
