"""Places as they are, what a plan means for one of them, the assumptions behind it, and a week of it as a picture."""
