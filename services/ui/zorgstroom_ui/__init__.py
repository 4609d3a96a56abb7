"""The screens: what a plan does, for people. They show what the API answers and calculate nothing."""
