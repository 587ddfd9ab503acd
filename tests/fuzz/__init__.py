"""Fuzzers: what others send us, damaged in every way; each target states what must hold all the same."""
