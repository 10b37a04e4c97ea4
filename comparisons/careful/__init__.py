"""What a check asks beside one gradient: other inputs, other layouts, other modes of autograd."""
