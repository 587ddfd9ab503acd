"""The switchboard: takes calls, rings agents, bridges, transfers, records. The only user of `sip`."""
