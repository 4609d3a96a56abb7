"""The page Verdieping: from a number to what is behind it, one module per tab."""
