"""One formula at one point: its enclosure in balls, and whether it is a derivative there."""
