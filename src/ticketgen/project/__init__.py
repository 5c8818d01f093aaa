"""The life cycle of a project: create it, add and remove Regions, eject templates, upgrade ticketgen."""
