"""The content of a stack as data that the templates render: files, functions, names, roles, alarms."""
