"""Phones that are not our code, each in a process of its own.

`pyvoip_caller.py` and `baresip_agent.py` are run as scripts and import nothing of ours: pyVoIP is GPL-3.0 and
must not share a process with our code. `phone.py` starts and drives them.
"""
