"""The web role, without a broker or a switchboard."""
