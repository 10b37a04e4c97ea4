"""Tools that keep the project in order: records, tables, pages; no part of the packages."""
