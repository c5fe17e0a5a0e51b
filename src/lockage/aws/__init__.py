"""Services we call: one narrow typed client each."""
