"""The data of a report: rows of plain values, and the files that hold them."""
