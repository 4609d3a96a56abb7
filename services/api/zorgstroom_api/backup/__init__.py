"""One file that holds everything an installation keeps, made while it works, and put back into an empty one."""
