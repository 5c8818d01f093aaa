"""A rehearsal: a rendered environment applied by the real Terraform to an emulated AWS, and an on-sale on it.

The arrows in here: `emulator` knows moto and nothing of ticketing; `terraform` runs the binary; `onsale` is
buyers and what is done to them; `run` is the order of things; `scoreboard` and `picture` show a finished run.
"""
