"""What a stack consists of, as data that the templates render: files, functions, names, roles, alarms."""
