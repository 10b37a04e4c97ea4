"""What the project is kept in order with: records, tables, the report; no part of the package."""
