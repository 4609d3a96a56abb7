"""What people of a region add to its picture: words, by whom and when."""
