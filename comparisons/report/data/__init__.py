"""The data of a report are rows of plain values, in files of JSON and CSV."""
