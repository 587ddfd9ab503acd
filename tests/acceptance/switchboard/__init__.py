"""The rules A1 to A12 of the telephone standard: a file each, real phones that hum, a real switchboard."""
