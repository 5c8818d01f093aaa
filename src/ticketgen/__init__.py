"""ticketgen: one YAML spec in, a verified Terraform stack for a multi-Region ticketing marketplace out."""
