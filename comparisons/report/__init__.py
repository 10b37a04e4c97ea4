"""Reports: rows of plain values, and the pages made of them."""
