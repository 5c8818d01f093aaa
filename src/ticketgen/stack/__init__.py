"""The content of a stack as data: files, functions, names, roles, alarms."""
