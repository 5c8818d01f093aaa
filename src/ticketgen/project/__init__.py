"""A project's life: it is made, its Regions come and go, its templates are taken over, its ticketgen gets newer."""
