"""Every call that we make to others: which addresses, in how much time, and signed by whom."""
