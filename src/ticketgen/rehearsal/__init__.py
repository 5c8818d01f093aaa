"""A rehearsal: the real Terraform applies an environment to an emulated AWS, and simulated buyers hold a sale on it.

`emulator` extends moto and does not know about ticketing; `terraform` runs the binary; `sale` simulates buyers;
`run` is the sequence; `faults` injects faults; `applied_stack` and `outcome` read the stack; `scoreboard` and
`scoreboard_picture` present a finished run. `workspace` and `reaper` keep files and processes together and remove them;
`signatures` and `credentials` lock out other users and keep the user's secrets away.
"""
