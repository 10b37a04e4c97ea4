"""What a careful person asks beside one gradient: other inputs, other circumstances."""
